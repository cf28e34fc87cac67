"""Whether edited documents are still one job of ours. What is only Kubernetes' business is left to its API server."""

from __future__ import annotations

from collections.abc import Mapping

import cajajejo.config.grammars.texts as values
import cajajejo.pod_protocol as protocol
from cajajejo.config.findings import shown
from cajajejo.config.grammars.kubernetes import label_faults
from cajajejo.manifests.checks import CONFIG_MAP_LIMIT
from cajajejo.manifests.environment import CONFIG_VERSION, JOB_NAME
from cajajejo.manifests.names import JOB_NAME_LIMIT, config_map_name, is_content_hash
from cajajejo.manifests.spec import CONFIGS_VOLUME
from cajajejo.manifests.spec_values import Document

__all__ = ["check_config_map", "check_job", "check_storage_class"]

_ONE_JOB = "names and labels are the same everywhere in a job's file"
_AGAIN = "change the config instead, and run cajajejo jobs evaluation parse-job again"
_JOB_LABELS = ("metadata", "labels")
_POD = ("spec", "template", "spec")
_POD_LABELS = ("spec", "template", "metadata", "labels")
_OF_CLUSTERS = ("uid", "resourceVersion", "creationTimestamp", "ownerReferences", "generateName")


def check_job(job: Document) -> None:
    """Notes what is wrong with a Job."""
    if job.text(*_JOB_LABELS, protocol.MANAGED_BY_LABEL) != protocol.MANAGED_BY:
        job.found("this is not a job of cajajejo", f"the label {protocol.MANAGED_BY_LABEL}: cajajejo", *_JOB_LABELS)
        return
    _check_name(job)
    _check_origin(job)
    for path in (_JOB_LABELS, _POD_LABELS):
        _check_labels(job, path)
    _check_attempt(job)
    if not is_content_hash(job.text(*_JOB_LABELS, protocol.CONTENT_LABEL)):
        job.found("this is not a content hash", _AGAIN, *_JOB_LABELS, protocol.CONTENT_LABEL)
    for label in (protocol.NAME_LABEL, protocol.CONTENT_LABEL, protocol.ATTEMPT_LABEL, protocol.MANAGED_BY_LABEL):
        _check_same(job, (*_POD_LABELS, label), job.text(*_JOB_LABELS, label))
    _check_same(job, (*_JOB_LABELS, protocol.NAME_LABEL), job.text("metadata", "name"))
    for key in ("selector", "manualSelector"):
        if job.at("spec", key) is not None:
            job.found("Kubernetes makes the selector of a Job", "remove it", "spec", key)
    _check_pod(job)


def check_config_map(config_map: Document, job: Document) -> None:
    """Notes what is wrong with the ConfigMap of a Job that is in order."""
    _check_origin(config_map)
    _check_labels(config_map, _JOB_LABELS)
    for label in (protocol.NAME_LABEL, protocol.CONTENT_LABEL, protocol.MANAGED_BY_LABEL):
        _check_same(config_map, (*_JOB_LABELS, label), job.text(*_JOB_LABELS, label))
    _check_same(config_map, ("metadata", "namespace"), job.text("metadata", "namespace"))
    data = config_map.at("data")
    texts = data if isinstance(data, Mapping) else {}
    for key in (protocol.CONFIG_FILE, protocol.HELM_CONFIG_FILE):
        if not isinstance(texts.get(key), str):
            config_map.found(f"the ConfigMap lacks the text {key}", _AGAIN, "data", key)
    for key in texts.keys() - {protocol.CONFIG_FILE, protocol.HELM_CONFIG_FILE}:
        config_map.found("the containers know nothing of this key", "remove it", "data", key)
    if config_map.problems:
        return
    size = sum(len(text.encode()) for text in texts.values())
    if size > CONFIG_MAP_LIMIT:
        config_map.found(f"the configs have {size:,} bytes", f"a ConfigMap takes {CONFIG_MAP_LIMIT:,} at most", "data")
    name = config_map_name(job.text("metadata", "name"), dict(texts))
    if config_map.text("metadata", "name") != name:
        message = f"the name would be {name}: it was changed, or the configs below were"
        config_map.found(message, _AGAIN, "metadata", "name")
    volumes = (*_POD, "volumes")
    reference = (*volumes, _by_name(job, volumes)[CONFIGS_VOLUME], "configMap", "name")
    _check_same(job, reference, config_map.text("metadata", "name"))


def check_storage_class(storage_class: Document) -> None:
    """Notes what is wrong with a StorageClass."""
    for finding in values.OBJECT_NAME.findings(storage_class.text("metadata", "name")):
        storage_class.found(finding.message, finding.allowed or "", "metadata", "name")


def _check_name(job: Document) -> None:
    name = job.text("metadata", "name")
    for finding in values.NAMESPACE.findings(name):
        job.found(finding.message, finding.allowed or "", "metadata", "name")
    if len(name) > JOB_NAME_LIMIT:
        message = f"the name has {len(name)} characters, {JOB_NAME_LIMIT} at most leave room for its pods' names"
        job.found(message, "a shorter name", "metadata", "name")
    for finding in values.NAMESPACE.findings(job.text("metadata", "namespace")):
        job.found(finding.message, finding.allowed or "", "metadata", "namespace")


def _check_origin(document: Document) -> None:
    for key in _OF_CLUSTERS:
        if document.at("metadata", key) is not None:
            document.found(f"{key} comes from a cluster", "give the file that parse-job wrote", "metadata", key)
    if document.at("status") is not None:
        document.found("status comes from a cluster", "give the file that parse-job wrote", "status")


def _check_labels(document: Document, path: tuple[str, ...]) -> None:
    labels = document.at(*path)
    if not isinstance(labels, Mapping):
        document.found("the labels are missing", _AGAIN, *path)
        return
    for key, value in labels.items():
        if not isinstance(value, str):
            document.found("the value of a label is text", f'put it in quotes: "{value}"', *path, key)
            continue
        for finding in label_faults(key, value):
            document.found(finding.message, finding.allowed or "", *path, key)


def _check_attempt(job: Document) -> None:
    attempt, name = job.text(*_JOB_LABELS, protocol.ATTEMPT_LABEL), job.text("metadata", "name")
    number = attempt.isascii() and attempt.isdigit() and not attempt.startswith("0")
    if not number or (attempt != "1" and not name.endswith(f"-{attempt}")):
        message = f"{shown(attempt)} is not the attempt of {name}"
        job.found(message, _AGAIN, *_JOB_LABELS, protocol.ATTEMPT_LABEL)


def _check_same(document: Document, path: tuple[str | int, ...], wanted: str) -> None:
    found = document.at(*path)
    if found != wanted:
        document.found(f"{shown(str(found))} stands where {shown(wanted)} belongs", _ONE_JOB, *path)


def _check_pod(job: Document) -> None:
    containers = _by_name(job, (*_POD, "containers"))
    if protocol.EVALUATION_CONTAINER not in containers:
        job.found(f"the container {protocol.EVALUATION_CONTAINER} is missing", _AGAIN, *_POD, "containers")
        return
    here = (*_POD, "containers", containers[protocol.EVALUATION_CONTAINER], "env")
    variables = _by_name(job, here)
    if JOB_NAME in variables:
        _check_same(job, (*here, variables[JOB_NAME], "value"), job.text("metadata", "name"))
    for name in (JOB_NAME, CONFIG_VERSION):
        if name not in variables or not job.text(*here, variables[name], "value"):
            job.found(f"the variable {name} is missing", _AGAIN, *here)
    volumes = (*_POD, "volumes")
    if not job.text(*volumes, _by_name(job, volumes).get(CONFIGS_VOLUME, -1), "configMap", "name"):
        job.found(f"the volume {CONFIGS_VOLUME} has no ConfigMap", _AGAIN, *volumes)


def _by_name(document: Document, path: tuple[str | int, ...]) -> dict[str, int]:
    """Where the items of a list are, by their names."""
    items = document.at(*path)
    named = enumerate(items if isinstance(items, list) else [])
    return {str(item["name"]): index for index, item in named if isinstance(item, Mapping) and "name" in item}
