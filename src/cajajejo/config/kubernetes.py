"""The part of a job config that says how the job runs on the cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar, Literal

from pydantic import Field, root_validator, validator

import cajajejo.config.grammars.kubernetes as kube
import cajajejo.config.grammars.quantities as quantities
import cajajejo.config.grammars.texts as values
import cajajejo.config.grammars.uris as uris
from cajajejo.config.base import ConfigModel
from cajajejo.config.findings import Finding, FindingsError, prefixed

__all__ = [
    "EnvValue",
    "KubernetesConfig",
    "RunStoreConfig",
    "StorageConfig",
    "Toleration",
    "VolumeConfig",
    "WeightsCacheConfig",
]

_ENV_SOURCES = ("value", "secret", "config_map")


class StorageConfig(ConfigModel):
    """The disk that holds weights and results while the job runs."""

    size: str = Field("50Gi", grammar=quantities.STORAGE, description="Size of the disk.")
    storage_class: str | None = Field(
        "ssd",
        alias="class",
        grammar=values.OBJECT_NAME,
        description="Name of the StorageClass. Null: the cluster's default.",
    )
    create_class: bool = Field(
        True, description="Whether to make the StorageClass where it is missing; one that exists is never touched."
    )
    provisioner: str = Field(
        "pd.csi.storage.gke.io", grammar=kube.PROVISIONER, description="Provisioner, where the StorageClass is made."
    )
    disk_type: str = Field(
        "pd-balanced",
        grammar=values.DISK_TYPE,
        description="Type of disk, where the StorageClass is made.",
    )


class EnvValue(ConfigModel):
    """The value of an environment variable, or where it is kept; a lone text is the value itself."""

    shorthand: ClassVar[str | None] = "value"

    value: str | None = Field(None, grammar=kube.ENV_TEXT, description="The value itself.")
    secret: str | None = Field(None, grammar=values.OBJECT_NAME, description="A Secret that holds the value.")
    config_map: str | None = Field(None, grammar=values.OBJECT_NAME, description="A ConfigMap that holds the value.")
    key: str | None = Field(None, grammar=kube.DATA_KEY, description="The key in the Secret or ConfigMap.")

    @classmethod
    def check_keys(cls, given: Collection[str]) -> Iterator[Finding]:
        """Yield a finding unless there is exactly one value, with a key where it needs one."""
        sources = [name for name in _ENV_SOURCES if name in given]
        if len(sources) != 1:
            message = f"{' and '.join(sources)} exclude each other" if sources else "there is no value"
            yield Finding(message, "text, {secret: name, key: key}, or {config_map: name, key: key}", at_key=True)
        elif (sources[0] != "value") != ("key" in given):
            message = "a text has no key" if "key" in given else f"which key of the {sources[0]} is not said"
            yield Finding(message, "key belongs to secret and config_map", at_key=True)


class Toleration(ConfigModel):
    """A taint of nodes that the pod does not mind."""

    key: str | None = Field(None, grammar=kube.LABEL_KEY, description="The taint's key. Null: every key.")
    operator: Literal["Equal", "Exists"] = Field("Equal", description="Exists: whatever the taint's value is.")
    value: str | None = Field(None, grammar=values.LABEL_VALUE, description="The taint's value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        None, description="The taint's effect. Null: every effect."
    )
    toleration_seconds: int | None = Field(
        None, ge=0, description="Seconds to stay on a node that gets a NoExecute taint. Null: for ever."
    )

    @root_validator(skip_on_failure=True)
    def _makes_sense(cls, given: dict[str, object]) -> dict[str, object]:  # noqa: N805  # pydantic's classmethod
        findings = tuple(kube.toleration_faults(given))
        if findings:
            raise FindingsError(findings)
        return given


class RunStoreConfig(ConfigModel):
    """The volume that outlives the pod, so that a pod that is evicted continues where the last one stopped."""

    claim: str = Field(..., grammar=values.OBJECT_NAME, description="A PersistentVolumeClaim of the job's namespace.")
    folder: str = Field("", grammar=kube.SUB_PATH, description="Folder on it below which each job has its own.")


class WeightsCacheConfig(ConfigModel):
    """Where models lie once for all jobs, so that a later pod, retry or job need not fetch them again."""

    claim: str | None = Field(
        None, grammar=values.OBJECT_NAME, description="A PersistentVolumeClaim of the job's namespace."
    )
    node_folder: str | None = Field(
        None,
        grammar=kube.MOUNT_PATH,
        description="A folder of each node, which exists and which the pod's user may write.",
    )
    folder: str = Field("", grammar=kube.SUB_PATH, description="Folder in it that holds the cache.")

    @classmethod
    def check_keys(cls, given: Collection[str]) -> Iterator[Finding]:
        """Yield a finding unless there is exactly one place."""
        if ("claim" in given) == ("node_folder" in given):
            message = "claim and node_folder exclude each other" if "claim" in given else "there is no place for it"
            yield Finding(message, "exactly one of claim, node_folder", at_key=True)


class VolumeConfig(ConfigModel):
    """A volume with weights or data, mounted into the pod."""

    claim: str = Field(..., grammar=values.OBJECT_NAME, description="A PersistentVolumeClaim of the job's namespace.")
    mount_path: str = Field(..., grammar=kube.MOUNT_PATH, description="Where the containers see it.")
    sub_path: str | None = Field(None, grammar=kube.SUB_PATH, description="A folder of the volume. Null: all of it.")
    read_only: bool = Field(True, description="Whether it may not be written.")


class KubernetesConfig(ConfigModel):
    """How the job runs on the cluster."""

    namespace: str = Field("default", grammar=values.NAMESPACE, description="Namespace of all objects of the job.")
    service_account: str = Field(
        "kubernetes", grammar=values.OBJECT_NAME, description="Service account that the pod runs as."
    )
    service_account_token: bool = Field(False, description="Whether the pod gets the service account's API token.")
    backoff_limit: int = Field(3, ge=0, le=1000, description="How often a failed pod is tried again.")
    disruption_budget: int = Field(
        5, ge=0, description="How many pods may be lost to evictions and preemptions before the job gives up."
    )
    ttl_seconds_after_finished: int = Field(
        1800, ge=0, le=kube.LARGEST_INT, description="Seconds after its end until the cluster deletes the job."
    )
    active_deadline_seconds: int | None = Field(
        None, ge=1, le=kube.LARGEST_INT, description="Seconds after which the job is ended. Null: never."
    )
    termination_grace_period_seconds: int = Field(
        60, ge=1, le=86_400, description="Seconds that an ended pod has to save what it has; 20 are needed."
    )
    name_prefix: str = Field("eval-neurips", grammar=kube.NAME_PREFIX, description="How the job's name begins.")
    storage: StorageConfig = Field(default_factory=StorageConfig, description="The scratch disk.")
    run_store: RunStoreConfig | None = Field(
        None, description="Where the run's folder outlives the pod. Null: on the scratch disk, which does not."
    )
    weights_cache: WeightsCacheConfig | None = Field(
        None, description="Where fetched weights are kept for later pods and jobs. Null: each pod fetches them anew."
    )
    volumes: tuple[VolumeConfig, ...] = Field((), description="Volumes with weights or data.")
    shared_memory: str = Field("1Gi", grammar=quantities.MEMORY, description="Size of /dev/shm, which PyTorch needs.")
    provider: Literal["gke", "eks", "aks", "gpu-operator"] = Field(
        "gke", description="Who labels the nodes: decides labels, tolerations and resources of GPUs."
    )
    accelerator_label: str | None = Field(
        None,
        grammar=kube.LABEL_KEY,
        description="Node label that names the kind of GPU, such as karpenter.k8s.aws/instance-gpu-name. "
        "Null: the provider's.",
    )
    node_selector: dict[str, str] = Field(default_factory=dict, description="More labels that the node must have.")
    tolerations: tuple[Toleration, ...] = Field((), description="More taints that the pod tolerates.")
    labels: dict[str, str] = Field(default_factory=dict, description="More labels of the job and its pods.")
    annotations: dict[str, str] = Field(default_factory=dict, description="More annotations of the job and its pods.")
    env: dict[str, EnvValue] = Field(
        default_factory=dict, description="More environment variables; secrets by reference only."
    )
    image_pull_secrets: tuple[str, ...] = Field((), description="Secrets that open the image's registry.")
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        None, description="When the image is pulled. Null: Kubernetes' rule."
    )
    weights_image: str | None = Field(
        None,
        grammar=uris.IMAGE_REFERENCE,
        description="Image, with tag or digest, that fetches the weights. Null: that of the evaluation.",
    )
    priority_class: str | None = Field(None, grammar=values.OBJECT_NAME, description="PriorityClass of the pod.")
    queue: str | None = Field(None, grammar=kube.QUEUE, description="Kueue's LocalQueue that admits the job.")
    run_as_user: int | None = Field(
        1000,
        ge=1,
        le=kube.LARGEST_INT,
        description="User and group id of the pod. Null: the image's or the platform's.",
    )

    @validator("labels")
    def _labels_fit(cls, labels: dict[str, str]) -> dict[str, str]:  # noqa: N805  # pydantic's classmethod
        return _checked(labels, kube.label_faults, kube.reserved_faults)

    @validator("annotations")
    def _annotations_fit(cls, annotations: dict[str, str]) -> dict[str, str]:  # noqa: N805  # pydantic's classmethod
        return _checked(annotations, kube.annotation_faults, kube.reserved_faults)

    @validator("node_selector")
    def _selector_fits(cls, selector: dict[str, str]) -> dict[str, str]:  # noqa: N805  # pydantic's classmethod
        return _checked(selector, kube.label_faults)

    @validator("env")
    def _env_fits(cls, env: dict[str, EnvValue]) -> dict[str, EnvValue]:  # noqa: N805  # pydantic's classmethod
        findings: list[Finding] = []
        for name, source in env.items():
            findings.extend(prefixed((name,), kube.env_faults(name, source.value)))
        if findings:
            raise FindingsError(findings)
        return env

    @validator("image_pull_secrets")
    def _secrets_fit(cls, names: tuple[str, ...]) -> tuple[str, ...]:  # noqa: N805  # pydantic's classmethod
        findings: list[Finding] = []
        for index, name in enumerate(names):
            findings.extend(prefixed((index,), values.OBJECT_NAME.findings(name)))
        if findings:
            raise FindingsError(findings)
        return names

    @validator("volumes")
    def _mounts_are_apart(cls, volumes: tuple[VolumeConfig, ...]) -> tuple[VolumeConfig, ...]:  # noqa: N805  # pydantic
        findings = tuple(kube.mount_faults([volume.mount_path for volume in volumes]))
        if findings:
            raise FindingsError(findings)
        return volumes

    def advice(self) -> Iterator[Finding]:
        """Yield warnings about values that will be regretted."""
        if self.termination_grace_period_seconds < kube.FLUSH_S:
            yield Finding(
                f"saving what is done takes up to {kube.FLUSH_S} seconds",
                f"{kube.FLUSH_S} or more",
                loc=("termination_grace_period_seconds",),
            )


def _checked(given: dict[str, str], *checks: kube.PairCheck) -> dict[str, str]:
    findings = [
        finding for key, value in given.items() for check in checks for finding in prefixed((key,), check(key, value))
    ]
    if findings:
        raise FindingsError(findings)
    return given
