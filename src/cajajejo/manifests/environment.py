"""The environment variables of the pod's containers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import cajajejo.pod_protocol as protocol
from cajajejo.config.job import EvaluationJobConfig
from cajajejo.config.kubernetes import EnvValue
from cajajejo.manifests.labels import DISRUPTIONS_ANNOTATION, FAILURES_ANNOTATION

__all__ = [
    "CONFIG_VERSION",
    "JOB_NAME",
    "RUN_STORE_FOLDER",
    "evaluation_env",
    "literal",
    "unescaped",
    "weights_env",
]

JOB_NAME: Final = "JOB_NAME"
CONFIG_VERSION: Final = "CONFIG_VERSION"
RUN_STORE_FOLDER: Final = "/runs"

_CACHES: Final = {
    "HOME": protocol.SCRATCH_FOLDER,
    "TMPDIR": f"{protocol.SCRATCH_FOLDER}/tmp",  # noqa: S108 - in the pod
    "XDG_CACHE_HOME": f"{protocol.SCRATCH_FOLDER}/cache",
    "HF_HOME": f"{protocol.SCRATCH_FOLDER}/cache/huggingface",
}
"""Libraries write there, and the image's own folders belong to root. A config may choose other places."""

Variable = dict[str, Any]
_POD: Final[Variable] = {"name": protocol.POD_VARIABLE, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}


def evaluation_env(
    job: EvaluationJobConfig, name: str, *, config_path: str, helm_config_path: str, config_version: str
) -> list[Variable]:
    """Returns the variables of the container that evaluates, in the order of the manifest.

    Args:
        job: The job config.
        name: The job's name.
        config_path: The config's path in its repository.
        helm_config_path: The path of the run entries.
        config_version: The commit, or what the user calls it.
    """
    kubernetes = job.kubernetes_config
    variables = [
        _variable("CONFIG_PATH_GIT_REPO", config_path),
        _variable("HELM_CONFIG_PATH_GIT_REPO", helm_config_path),
        _variable(JOB_NAME, name),
        _variable(CONFIG_VERSION, config_version),
        _POD,
        _downward(protocol.JOB_UID_VARIABLE, "metadata.labels['batch.kubernetes.io/controller-uid']"),
        *_disruptions(kubernetes.disruption_budget),
    ]
    store = kubernetes.run_store
    if store is not None:
        folder = "/".join(part for part in (RUN_STORE_FOLDER, store.folder.strip("/"), name) if part)
        variables.append(_variable(protocol.RUN_FOLDER_VARIABLE, folder))
    return [*variables, *_shared(kubernetes.env)]


def weights_env(job: EvaluationJobConfig) -> list[Variable]:
    """Returns the variables of the container that fetches the weights: it may need the user's logins too."""
    kubernetes = job.kubernetes_config
    tracking_uri = _variable("MLFLOW_TRACKING_URI", job.mlflow_config.tracking_uri)
    variables = [tracking_uri, _POD, *_disruptions(kubernetes.disruption_budget)]
    cache = kubernetes.weights_cache
    if cache is not None:
        folder = "/".join(part for part in (protocol.WEIGHTS_CACHE_FOLDER, cache.folder.strip("/")) if part)
        variables.append(_variable(protocol.WEIGHTS_CACHE_VARIABLE, folder))
    return [*variables, *_shared(kubernetes.env)]


def literal(text: str) -> str:
    """Returns a text so that Kubernetes, which replaces $(NAME) in variables, leaves it as it is."""
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def unescaped(text: str) -> str:
    """Returns what a container sees of a text that `literal` made."""
    return text.replace("$$", "$")


def _disruptions(budget: int) -> list[Variable]:
    return [
        _downward(protocol.FAILURES_VARIABLE, f"metadata.annotations['{FAILURES_ANNOTATION}']"),
        _downward(protocol.DISRUPTIONS_VARIABLE, f"metadata.annotations['{DISRUPTIONS_ANNOTATION}']"),
        _variable(protocol.DISRUPTION_BUDGET_VARIABLE, str(budget)),
    ]


def _shared(given: Mapping[str, EnvValue]) -> Iterator[Variable]:
    for name, folder in _CACHES.items():
        if name not in given:
            yield _variable(name, folder)
    for name, source in given.items():
        yield _variable(name, source.value) if source.value is not None else _reference(name, source)


def _variable(name: str, value: str) -> Variable:
    return {"name": name, "value": literal(value)}


def _downward(name: str, path: str) -> Variable:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def _reference(name: str, source: EnvValue) -> Variable:
    kind = "secretKeyRef" if source.secret is not None else "configMapKeyRef"
    return {"name": name, "valueFrom": {kind: {"name": source.secret or source.config_map, "key": source.key}}}
