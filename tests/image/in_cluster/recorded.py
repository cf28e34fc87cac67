"""What jobs take from an MLflow server and leave there, by MLflow's own client."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cajajejo.weights.tiny import make_tiny_model
from cluster.submitting import Site
from mlflow_server import MlflowServer

EXPERIMENT = "image"
CONFIG = """\
version: v1
image: {image}
image_tag: "{tag}"
compute_config: {{accelerator: null, cpu: 100m, memory: 256Mi}}
helm: {{args: [--max-eval-instances, "5", --num-threads, "1"], suite: v1}}
mlflow_config: {{tracking_uri: "{tracking_uri}", retry_for_s: 30}}
model_config:
  mlflow_artifact: {{run_id: {run_id}, artifact_path: model}}
tracking_config: {{experiment_name: {experiment}}}
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
experiment = client.get_experiment_by_name(sys.argv[2])
(run,) = client.search_runs([experiment.experiment_id])
found = {"status": run.info.status, "name": run.info.run_name, "tags": run.data.tags, "metrics": run.data.metrics}
print(json.dumps({**found, "artifacts": [item.path for item in client.list_artifacts(run.info.run_id)]}))
"""


def log_tiny_model(server: MlflowServer, folder: Path) -> str:
    """Records the tiny model as the artifact `model` of a run; returns the run's id."""
    return str(_ask(LOG_MODEL, server, folder, make_tiny_model(folder / "model")))


def job_config(image: str, tag: str, site: Site, server: MlflowServer, run_id: str) -> str:
    """A job config for that model."""
    return CONFIG.format(
        image=image,
        tag=tag,
        tracking_uri=server.uri,
        run_id=run_id,
        experiment=EXPERIMENT,
        namespace=site.namespace,
    )


def only_run(server: MlflowServer, folder: Path) -> dict[str, Any]:
    """The one run that jobs have recorded: its status, name, tags, metrics and artifacts."""
    found: dict[str, Any] = _ask(READ_BACK, server, folder, EXPERIMENT)
    return found


def _ask(script: str, server: MlflowServer, folder: Path, *words: object) -> Any:
    command = [sys.executable, "-W", "ignore", "-c", script, server.uri, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
