"""What a tracker holds, read by MLflow's own client, and held against HELM's files."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cajajejo.evaluation.recording import summary_metrics
from cajajejo.results.summary import EvaluationSummary
from cajajejo.tracking.local_uri import local_tracking_uri

READ_BACK = """
import json, sys, tempfile
from pathlib import Path
from mlflow.tracking import MlflowClient
client = MlflowClient(sys.argv[1])
experiments = client.search_experiments()
runs = [run for e in experiments for run in client.search_runs([e.experiment_id])]
def files(run_id, path=None):
    for item in client.list_artifacts(run_id, path):
        if item.is_dir: yield from files(run_id, item.path)
        else: yield item.path
print(json.dumps([
    {"status": run.info.status, "name": run.info.run_name, "tags": run.data.tags, "params": run.data.params,
     "metrics": run.data.metrics, "artifacts": found, "id": run.info.run_id,
     "start": run.info.start_time, "end": run.info.end_time,
     "experiment": client.get_experiment(run.info.experiment_id).name,
     "download": {name: Path(client.download_artifacts(run.info.run_id, name, tempfile.mkdtemp())).read_text()
                  for name in found if not name.startswith("helm/")}}
    for run in runs for found in [sorted(files(run.info.run_id))]]))
"""


def read_back(uri: str) -> list[dict[str, dict[str, str]]]:
    """All runs of a tracker, by MLflow's own client in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", READ_BACK, uri]
    with tempfile.TemporaryDirectory() as elsewhere:  # the client leaves an empty ./mlruns
        done = subprocess.run(command, capture_output=True, text=True, cwd=elsewhere, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])  # type: ignore[no-any-return]


def local_uri(folder: Path) -> str:
    return local_tracking_uri(folder / "mlflow.db")


def assert_recorded_like_helm(run: dict[str, dict[str, str]], folder: Path) -> None:
    """Every mean of HELM's files is in the tracker, with its value; whatever else is there is of our summary."""
    means = helm_means(folder)
    assert means
    found: dict[tuple[str, str], list[float]] = {name: [] for name in means}
    for key, value in run["metrics"].items():
        head, _, last = key.rpartition("/")
        words = last.partition("..")[0].split(".")  # two dots come before a hash, which sets equal keys apart
        name = (head, ".".join(words[:2]))
        if name in found:
            found[name].append(float(value))
    assert {name: sorted(values) for name, values in found.items()} == means
    summary = EvaluationSummary.from_json((folder / "summary.json").read_text())
    assert run["metrics"] == pytest.approx(summary_metrics(summary))


def helm_means(folder: Path) -> dict[tuple[str, str], list[float]]:
    """The means in HELM's files, perturbed ones included: by the readable parts of their entry and their metric.

    The parts are made here, and not by the code that makes the keys, so that a metric it loses is missed.
    """
    means: dict[tuple[str, str], list[float]] = {}
    files = sorted((folder / "helm/runs/v1").glob("*/stats.json"))
    for path in files:
        scenario, _, rest = path.parent.name.partition(":")
        variant = ".".join(part for part in rest.split(",") if part != "model=huggingface_model")
        head = "/".join(readable(part) for part in (scenario, variant) if part)
        stats = {json.dumps(stat["name"]): stat for stat in reversed(json.loads(path.read_text()))}
        for stat in stats.values():
            if stat.get("mean") is not None:
                words = [readable(stat["name"][part]) for part in ("name", "split") if stat["name"].get(part)]
                means.setdefault((head, ".".join(words)), []).append(stat["mean"])
    return {name: sorted(values) for name, values in means.items()}


def readable(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", part.replace("=", "-"))
