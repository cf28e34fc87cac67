"""The Kubernetes documents of one job, and what may be said about them later: version and attempt. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import cajajejo.pod_protocol as protocol
from cajajejo.errors import BadInputError
from cajajejo.manifests.document import documents_to_yaml
from cajajejo.manifests.environment import CONFIG_VERSION, JOB_NAME, literal, unescaped
from cajajejo.manifests.names import JOB_NAME_LIMIT, attempt_name, config_map_name

__all__ = ["CONFIGS_VOLUME", "UNVERSIONED", "JobSpec", "Json"]

Json = dict[str, Any]

UNVERSIONED = "unversioned"
"""The config version of what nobody has given one."""
CONFIGS_VOLUME = "configs-volume"
_LONGEST_VERSION = 5000
"""MLflow's limit of a tag's value, with room to spare."""


@dataclass(frozen=True)
class JobSpec:
    """The documents of one job, as they are sent to the cluster. Never change them in place.

    Attributes:
        job: The Job.
        config_map: The ConfigMap with both configs.
        storage_class: The StorageClass to make where it is missing; None where nobody shall.
    """

    job: Json
    config_map: Json
    storage_class: Json | None
    _text: str | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.job["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The namespace of Job and ConfigMap."""
        return str(self.job["metadata"]["namespace"])

    @property
    def content_hash(self) -> str:
        """16 hexadecimal digits: what is evaluated."""
        return str(self.job["metadata"]["labels"][protocol.CONTENT_LABEL])

    @property
    def attempt(self) -> int:
        """The how-manieth job of the same content."""
        return int(self.job["metadata"]["labels"][protocol.ATTEMPT_LABEL])

    @property
    def first_name(self) -> str:
        """The name of the first attempt."""
        return self.name if self.attempt == 1 else self.name.removesuffix(f"-{self.attempt}")

    @property
    def config_version(self) -> str:
        """The commit of the configs, or what the user calls it."""
        return unescaped(str(variable_of(self.job, CONFIG_VERSION)["value"]))

    def with_version(self, config_version: str) -> JobSpec:
        """Returns the spec with another config version.

        Raises:
            BadInputError: No variable can hold that text.
        """
        check_version(config_version)
        if config_version == self.config_version:
            return self
        job = copy.deepcopy(self.job)
        variable_of(job, CONFIG_VERSION)["value"] = literal(config_version)
        return replace(self, job=job, _text=None)

    def as_attempt(self, attempt: int) -> JobSpec:
        """Returns the spec of another attempt at the same content, under a name of its own.

        Args:
            attempt: 1, 2, …

        Raises:
            BadInputError: The name would be too long.
        """
        if attempt == self.attempt:
            return self
        name = attempt_name(self.first_name, attempt)
        if len(name) > JOB_NAME_LIMIT:
            raise BadInputError(
                f"the name {name} has {len(name)} characters, {JOB_NAME_LIMIT} at most leave room for its pods' names",
                remedy="choose a shorter kubernetes_config.name_prefix",
            )
        job, config_map = copy.deepcopy(self.job), copy.deepcopy(self.config_map)
        config_map["metadata"]["name"] = config_map_name(name, config_map["data"])
        job["metadata"]["name"] = name
        variable_of(job, JOB_NAME)["value"] = name
        configs_volume(job)["configMap"]["name"] = config_map["metadata"]["name"]
        for labels in _labels(job, config_map):
            if protocol.NAME_LABEL in labels:
                labels[protocol.NAME_LABEL] = name
            if protocol.ATTEMPT_LABEL in labels:
                labels[protocol.ATTEMPT_LABEL] = str(attempt)
        return replace(self, job=job, config_map=config_map, _text=None)

    def to_yaml(self) -> str:
        """Returns the documents as YAML, which `kubectl apply -f` takes too; always the same text for the same spec."""
        if self._text is not None:
            return self._text
        return documents_to_yaml([self.job, self.config_map, *([self.storage_class] if self.storage_class else [])])


def check_version(config_version: str) -> None:
    """Refuses a config version that no variable and no tag can hold.

    Raises:
        BadInputError: It is empty, too long, or has control characters.
    """
    if not config_version or len(config_version) > _LONGEST_VERSION or not config_version.isprintable():
        raise BadInputError(
            "the config version is empty, very long, or has characters that cannot be printed",
            remedy='give a commit: --config-version "$(git rev-parse HEAD)"',
        )


def variable_of(job: Json, name: str) -> Json:
    """Returns the variable of a name of the container that evaluates.

    Raises:
        KeyError: There is none.
    """
    for container in job["spec"]["template"]["spec"]["containers"]:
        if container["name"] == protocol.EVALUATION_CONTAINER:
            for variable in container.get("env", ()):
                if variable["name"] == name:
                    return dict_of(variable)
    raise KeyError(name)


def configs_volume(job: Json) -> Json:
    """Returns the volume that the ConfigMap is mounted from.

    Raises:
        KeyError: There is none.
    """
    for volume in job["spec"]["template"]["spec"]["volumes"]:
        if volume["name"] == CONFIGS_VOLUME:
            return dict_of(volume)
    raise KeyError(CONFIGS_VOLUME)


def dict_of(value: Any) -> Json:
    """Returns a value that must be a mapping."""
    if not isinstance(value, dict):
        raise TypeError("a mapping is needed")
    return value


def _labels(job: Json, config_map: Json) -> Iterator[Json]:
    """All labels that may name the job."""
    yield job["metadata"]["labels"]
    yield config_map["metadata"]["labels"]
    template = job["spec"]["template"]
    yield template["metadata"]["labels"]
    for volume in template["spec"]["volumes"]:
        claim = volume.get("ephemeral", {}).get("volumeClaimTemplate", {})
        yield claim.get("metadata", {}).get("labels", {})
