"""The built image in a real cluster: submitted, weights fetched from MLflow, evaluated, recorded, and read back."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cajajejo.testing import write_run_entries
from cajajejo.weights.tiny import make_tiny_model
from cluster.node import TestCluster
from cluster.real import RealSite, ended, last_word
from cluster.submitting import Site, open_site
from image.engine import Engine
from mlflow_server import MlflowServer

pytestmark = [pytest.mark.helm, pytest.mark.mlflow, pytest.mark.needs_node, pytest.mark.xdist_group("image-in-cluster")]

REPOSITORY = "cajajejo.test/built-for-cluster"
CONFIG = """\
version: v1
image: {repository}
image_tag: {tag}
compute_config: {{accelerator: null, cpu: 100m, memory: 256Mi}}
helm: {{args: [--max-eval-instances, "5", --num-threads, "1"], suite: v1}}
mlflow_config: {{tracking_uri: "{tracking_uri}", retry_for_s: 30}}
model_config:
  mlflow_artifact: {{run_id: {run_id}, artifact_path: model}}
tracking_config: {{experiment_name: image}}
kubernetes_config:
  namespace: {namespace}
  service_account: default
  storage: {{class: ssd, create_class: false, size: 1Gi}}
  shared_memory: 64Mi
"""
LOG_MODEL = """
import json, sys
import mlflow
from mlflow.tracking import MlflowClient
mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
run = client.create_run(client.create_experiment("models"), run_name="tiny")
client.log_artifacts(run.info.run_id, sys.argv[2], "model")
client.set_terminated(run.info.run_id)
print(json.dumps(run.info.run_id))
"""
READ_BACK = """
import json, sys
import mlflow
from mlflow.tracking import MlflowClient
mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
experiment = client.get_experiment_by_name("image")
(run,) = client.search_runs([experiment.experiment_id])
found = {"status": run.info.status, "name": run.info.run_name, "tags": run.data.tags, "metrics": run.data.metrics}
print(json.dumps({**found, "artifacts": [item.path for item in client.list_artifacts(run.info.run_id)]}))
"""


@pytest.fixture
def server(cluster: TestCluster, tmp_path: Path) -> Iterator[MlflowServer]:
    folder = tmp_path / "mlflow"
    folder.mkdir()
    server = MlflowServer(folder, cluster.host_address)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


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


def ask_mlflow(script: str, server: MlflowServer, folder: Path) -> Any:
    """Runs a script with MLflow's own client, and returns what it prints."""
    command = [sys.executable, "-W", "ignore", "-c", script, server.uri, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("which", "model"), [("slim", "simple/model1"), ("full", "huggingface/model")])
def test_a_submitted_job_runs_the_built_image(
    engine: Engine,
    cluster: TestCluster,
    site: Site,
    server: MlflowServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    which: str,
    model: str,
) -> None:
    image = request.getfixturevalue(which)
    run_id = ask_mlflow(LOG_MODEL, server, make_tiny_model(tmp_path / "model"))
    config = tmp_path / "job.yml"
    values = {"repository": REPOSITORY, "tag": which, "tracking_uri": server.uri, "namespace": site.namespace}
    config.write_text(CONFIG.format(run_id=run_id, **values))
    entries = write_run_entries(tmp_path / "run_specs.conf", [f"simple_mcqa:model={model}"])
    real = RealSite(site, server.uri)
    with on_the_node(engine, cluster, image, which):
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
    run = ask_mlflow(READ_BACK, server, tmp_path)
    assert (run["status"], run["name"]) == ("FINISHED", name)
    assert run["tags"]["image"] == REPOSITORY
    assert run["tags"]["model_run_id"] == run_id
    assert any("exact_match" in key for key in run["metrics"])
    assert {"eval_config.yml", "run_specs.conf", "summary.json"} <= set(run["artifacts"])
