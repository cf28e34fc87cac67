"""The cluster that a bench runs against, and jobs for it that wait for a node which never comes."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, connect
from cajajejo.cluster.client.paths import cluster_wide
from cajajejo.config.load import load_evaluation
from cajajejo.manifests.render import ConfigSource, render

CONFIG = """\
version: v1
image: example.invalid/evaluation
image_tag: "0.1.0"
compute_config: {accelerator: nvidia-that-no-node-has, cpu: "4", memory: 16Gi}
helm: {args: [--max-eval-instances, "%(number)s"], suite: v1}
mlflow_config: {tracking_uri: "http://mlflow.invalid:5000"}
model_config: {builtin: tiny}
tracking_config: {experiment_name: bench, description: One of many., tags: {creator: bench, lifecycle: experimental}}
kubernetes_config:
  namespace: %(namespace)s
  service_account: default
  storage: {class: bench-none, create_class: false, size: 50Gi}
"""
ENTRIES = """\
# Main `RunSpec`s for the benchmarking.

entries: [
  ## Reading comprehension
  {description: "boolq:model=huggingface/model,data_augmentation=canonical", priority: 1}
  {description: "mmlu:model=huggingface/model,subject=abstract_algebra,data_augmentation=canonical", priority: 2}
  {description: "mmlu:model=huggingface/model,subject=anatomy,data_augmentation=canonical", priority: 3}
  {description: "mmlu:model=huggingface/model,subject=college_chemistry,data_augmentation=canonical", priority: 4}
]
"""


@contextlib.contextmanager
def bench_namespace(folder: Path) -> Iterator[str]:
    """Gives an empty namespace of the cluster that KUBECONFIG names; what is submitted is remembered in `folder`."""
    if not os.environ.get("KUBECONFIG") or shutil.which("kubectl") is None:
        sys.exit("this needs kubectl, and KUBECONFIG: scripts/test-cluster run .venv/bin/python bench/…")
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    api = Api(connect(ClusterOptions()))
    name = f"bench-{secrets.token_hex(4)}"
    api.create(cluster_wide("namespaces"), {"metadata": {"name": name}})
    try:
        yield name
    finally:
        api.delete(cluster_wide("namespaces", name))
        api.close()


def write_configs(folder: Path, namespace: str, count: int) -> tuple[list[Path], Path]:
    """Writes configs of different content, and the run entries that they share."""
    folder.mkdir(exist_ok=True)
    entries = folder / "run_specs.conf"
    entries.write_text(ENTRIES)
    paths = [folder / f"job{number}.yml" for number in range(1, count + 1)]
    for number, path in enumerate(paths, start=1):
        path.write_text(CONFIG % {"number": number, "namespace": namespace})
    return paths, entries


def write_specs(folder: Path, namespace: str, count: int) -> list[Path]:
    """Writes Kubernetes documents as parse-job does, of different content."""
    configs, entries = write_configs(folder, namespace, count)
    specs = []
    for config in configs:
        spec = render(load_evaluation(config, entries), ConfigSource(config.name, entries.name, "bench"))
        specs.append(config.with_suffix(".spec.yml"))
        specs[-1].write_text(spec.to_yaml())
    return specs
