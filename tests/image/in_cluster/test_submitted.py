"""The built image with PyTorch in a real cluster: submitted, its weights fetched from MLflow, evaluated, recorded."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cajajejo.testing import write_run_entries
from cluster.node import TestCluster
from cluster.real import RealSite, ended, last_word
from cluster.submitting import Site
from image.engine import Engine
from image.in_cluster.recorded import job_config, log_tiny_model, only_run
from mlflow_server import MlflowServer

pytestmark = [pytest.mark.helm, pytest.mark.mlflow, pytest.mark.needs_node, pytest.mark.xdist_group("image-in-cluster")]

REPOSITORY, TAG = "cajajejo.test/built-for-cluster", "full"


@contextmanager
def on_the_node(engine: Engine, cluster: TestCluster, image: str, tag: str) -> Iterator[None]:
    """Gives an image to the node's container runtime, without a registry."""
    name = f"{REPOSITORY}:{tag}"
    needed_bytes, room = 2.2 * int(engine.inspect(image, ".Size")), shutil.disk_usage(cluster.state["volumes"])
    if room.free < needed_bytes:
        pytest.skip(f"{image} takes {needed_bytes / 1e9:.0f} GB of the node's disk; {room.free / 1e9:.0f} GB are free")
    ctr = ["ctr", "--address", cluster.state["containerd_socket"], "--namespace", "k8s.io", "images"]
    assert engine.docker("tag", image, name).returncode == 0
    try:
        with (
            subprocess.Popen(["docker", "save", name], env=engine.environment, stdout=subprocess.PIPE) as saving,
            subprocess.Popen([*ctr, "import", "-"], stdin=saving.stdout, stdout=subprocess.DEVNULL) as loading,
        ):
            assert loading.wait() == 0
        yield
    finally:
        engine.docker("rmi", name)
        # The kubelet's runtime has given it a second name, which would keep all of it on the disk.
        subprocess.run([*ctr, "remove", name, engine.inspect(image, ".Id")], capture_output=True, check=False)


def test_a_submitted_job_runs_the_built_image(
    engine: Engine, cluster: TestCluster, site: Site, server: MlflowServer, tmp_path: Path, full: str
) -> None:
    run_id = log_tiny_model(server, tmp_path)
    config = tmp_path / "job.yml"
    config.write_text(job_config(REPOSITORY, TAG, site, server, run_id))
    entries = write_run_entries(tmp_path / "run_specs.conf", ["simple_mcqa:model=huggingface/model"])
    real = RealSite(site, server.uri)
    with on_the_node(engine, cluster, full, TAG):
        paths = ("--path-to-config", config, "--path-to-helm-config", entries)
        done = site.run("evaluation", "submit-job", *paths, "--config-version", "v1", "--json").run()
        assert done.returncode == 0, done.stderr
        name = json.loads(done.stdout)["jobs"][0]["name"]
        pod = real.wait_for_pod(name, lambda pod: ended(pod) is not None)
        log = "\n".join(real.lines(pod["metadata"]["name"]))
        assert real.wait_for_end(name) == "Complete", log

    (init,) = pod["status"]["initContainerStatuses"]
    assert init["state"]["terminated"]["exitCode"] == 0
    word = last_word(pod)
    assert word is not None
    assert (word.exit_code, word.code, word.cause) == (0, "ok", "1 entry evaluated")
    run = only_run(server, tmp_path)
    assert (run["status"], run["name"]) == ("FINISHED", name)
    assert run["tags"]["image"] == REPOSITORY
    assert run["tags"]["model_run_id"] == run_id
    assert any("exact_match" in key for key in run["metrics"])
    assert {"eval_config.yml", "run_specs.conf", "summary.json"} <= set(run["artifacts"])
