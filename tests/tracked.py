"""What a tracker holds, read by MLflow's own client, and held against HELM's files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.evaluation.recording import summary_metrics
from cajajejo.results.summary import EvaluationSummary

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
     "metrics": run.data.metrics, "artifacts": sorted(files(run.info.run_id)), "id": run.info.run_id,
     "start": run.info.start_time, "end": run.info.end_time,
     "experiment": client.get_experiment(run.info.experiment_id).name,
     "download": {name: Path(client.download_artifacts(run.info.run_id, name, tempfile.mkdtemp())).read_text()
                  for name in files(run.info.run_id) if not name.startswith("helm/runs/v1/groups")}}
    for run in runs]))
"""


def read_back(uri: str) -> list[dict[str, dict[str, str]]]:
    """All runs of a tracker, by MLflow's own client in a process of its own."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", READ_BACK, uri], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])  # type: ignore[no-any-return]


def local_uri(folder: Path) -> str:
    return f"sqlite:///{folder / 'mlflow.db'}"


def assert_recorded_like_helm(run: dict[str, dict[str, str]], folder: Path) -> None:
    """Every metric in the tracker is a number of HELM's files or of our summary, and none is missing."""
    summary = EvaluationSummary.from_json((folder / "summary.json").read_text())
    assert run["metrics"] == pytest.approx(summary_metrics(summary))
    for entry in summary.entries:
        stats = json.loads((folder / "helm/runs/v1" / entry.name / "stats.json").read_text())
        means = {
            (s["name"]["name"], s["name"].get("split"), json.dumps(s["name"].get("perturbation"))): s for s in stats
        }
        assert len(entry.metrics) == len([s for s in means.values() if "mean" in s])
        for (name, split, perturbation), stat in means.items():
            if perturbation == "null" and "mean" in stat and "sub_split" not in stat["name"]:
                label = f"{name},split={split}" if split else name
                assert entry.metrics[label] == stat["mean"]
