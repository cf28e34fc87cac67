"""The config of one evaluation job: which weights, evaluated how, on which machine, recorded where."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from pydantic import Field, validator

import cajajejo.config.grammars.quantities as quantities
import cajajejo.config.grammars.texts as values
import cajajejo.config.grammars.uris as uris
from cajajejo.config.base import ConfigModel
from cajajejo.config.findings import Finding, FindingsError, listed, prefixed
from cajajejo.config.helm_args import check_args
from cajajejo.config.kubernetes import KubernetesConfig
from cajajejo.config.weights_sources import HubModelConfig, MlflowArtifact, MlflowModelConfig, WeightsSource

__all__ = [
    "ComputeConfig",
    "EvaluationJobConfig",
    "HelmConfig",
    "HubModelConfig",
    "MlflowArtifact",
    "MlflowConfig",
    "MlflowModelConfig",
    "ModelConfig",
    "ModelOptions",
    "QualityConfig",
    "TrackingConfig",
    "WeightsSource",
]


class ComputeConfig(ConfigModel):
    """The machine that the evaluation needs."""

    accelerator: str | None = Field(
        None,
        grammar=values.LABEL_VALUE,
        description="Kind of GPU, as the nodes are labelled, such as nvidia-tesla-t4. Null: no GPU.",
    )
    gpus: int = Field(1, ge=1, description="Number of GPUs; of no effect without an accelerator.")
    mig_profile: str | None = Field(
        None, grammar=values.MIG_PROFILE, description="Slice of a GPU, such as 1g.5gb; gpus counts slices then."
    )
    cpu: str = Field(..., grammar=quantities.CPU, description="CPUs, such as 4, 0.5 or 500m.")
    memory: str = Field(..., grammar=quantities.MEMORY, description="Memory, such as 16Gi.")

    @classmethod
    def check_keys(cls, given: Collection[str]) -> Iterator[Finding]:
        """Yield a finding if a slice is asked for, but of no GPU."""
        if "mig_profile" in given and "accelerator" not in given:
            yield Finding("a slice of which GPU is not said", "accelerator must be given", loc=("mig_profile",))


class HelmConfig(ConfigModel):
    """How HELM evaluates."""

    args: tuple[str, ...] = Field(
        (),
        description="Arguments for helm-run, one item each; --max-eval-instances is required.",
    )
    suite: str = Field(..., grammar=values.PATH_COMPONENT, description="HELM's name for this set of runs.")

    @validator("args", always=True)
    def _known_to_helm(cls, args: tuple[str, ...]) -> tuple[str, ...]:  # noqa: N805  # pydantic's classmethod
        findings = tuple(check_args(args))
        if findings:
            raise FindingsError(findings)
        return args


class MlflowConfig(ConfigModel):
    """The MLflow server that records the results."""

    tracking_uri: str = Field(
        ...,
        grammar=uris.TRACKING_URI,
        description="The server's URI, without user name and password; or the path of a folder.",
    )
    retry_for_s: float = Field(
        600.0,
        ge=0,
        description="Seconds to keep trying when the server goes away; then the results stay in the outbox.",
    )


class ModelOptions(ConfigModel):
    """How the model is loaded and asked; null leaves it to the model's own files."""

    dtype: Literal["auto", "float32", "float16", "bfloat16"] | None = Field(
        None, description="Number type of the weights in memory."
    )
    device_map: str | None = Field(
        None,
        grammar=values.DEVICE_MAP,
        description="Where the layers go: auto, balanced, sequential, cpu, cuda, cuda:N.",
    )
    max_length: int | None = Field(None, ge=1, description="Tokens that a prompt and its answer may have together.")
    apply_chat_template: bool | None = Field(None, description="Whether prompts go through the chat template.")


_SOURCES = tuple(source.value for source in WeightsSource)


class ModelConfig(ConfigModel):
    """The model to evaluate: exactly one source of weights, and options."""

    mlflow_artifact: MlflowArtifact | None = Field(None, description="Weights that an MLflow run holds.")
    mlflow_model: MlflowModelConfig | None = Field(None, description="Weights in MLflow's model registry.")
    hf_model: HubModelConfig | None = Field(None, description="Weights in a repository of the Hugging Face hub.")
    gs_uri: str | None = Field(
        None,
        grammar=uris.GS_URI,
        description="Weights in a bucket: gs://bucket/path of a Hugging Face model folder.",
    )
    path: str | None = Field(
        None, grammar=values.FOLDER, description="Weights in a folder of this machine or of a mounted volume."
    )
    builtin: Literal["tiny"] | None = Field(None, description="A model that is made where the evaluation runs.")
    weights_files: Literal["needed", "all"] = Field(
        "needed",
        description="Which files are fetched. needed: without the state of a training, and without other formats of "
        "the weights beside safetensors.",
    )
    options: ModelOptions = Field(default_factory=ModelOptions, description="How the model is loaded and asked.")

    @classmethod
    def check_keys(cls, given: Collection[str]) -> Iterator[Finding]:
        """Yield a finding unless there is exactly one source of weights."""
        sources = [name for name in _SOURCES if name in given]
        if len(sources) != 1:
            message = f"{' and '.join(sources)} exclude each other" if sources else "no source of weights is given"
            yield Finding(message, f"exactly one of {listed(_SOURCES)}", at_key=True)

    @property
    def source(self) -> WeightsSource:
        """Which source of weights is given."""
        return next(source for source in WeightsSource if getattr(self, source.value) is not None)


class TrackingConfig(ConfigModel):
    """How the run is named and described in MLflow."""

    experiment_name: str = Field(..., grammar=values.EXPERIMENT_NAME, description="The experiment the run belongs to.")
    run_name: str | None = Field(
        None, grammar=values.RUN_NAME, description="The name of the run. Null: the name of the job."
    )
    description: str | None = Field(None, grammar=values.NOTE, description="What this evaluation is, in Markdown.")
    tags: dict[str, object] = Field(
        default_factory=dict, description="Tags of the run; values that are not text are recorded as JSON."
    )

    @validator("tags")
    def _tags_fit(cls, tags: dict[str, object]) -> dict[str, object]:  # noqa: N805  # pydantic's classmethod
        findings: list[Finding] = []
        for key, value in tags.items():
            faults = (values.tag_key_fault(key), values.tag_value_fault(value))
            findings.extend(prefixed((key,), (fault for fault in faults if fault)))
        if findings:
            raise FindingsError(findings)
        return tags


class QualityConfig(ConfigModel):
    """When a result deserves no trust."""

    doubtful_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Share of unscorable, truncated or failed samples above which an entry is doubtful.",
    )


class EvaluationJobConfig(ConfigModel):
    """One evaluation job."""

    version: str = Field(..., grammar=values.VERSION, description="What you call this version of the config.")
    image: str = Field(..., grammar=uris.IMAGE, description="Docker image of the evaluation, without tag.")
    image_tag: str = Field(
        ...,
        grammar=uris.IMAGE_TAG,
        description="Tag or digest (sha256:…) of the image; best one that never moves.",
    )
    compute_config: ComputeConfig = Field(..., description="The machine that the evaluation needs.")
    helm: HelmConfig = Field(..., description="How HELM evaluates.")
    mlflow_config: MlflowConfig = Field(..., description="Where the results are recorded.")
    model_config: ModelConfig = Field(..., description="The model to evaluate.")
    tracking_config: TrackingConfig = Field(..., description="How the run is named and described.")
    quality_config: QualityConfig = Field(default_factory=QualityConfig, description="When a result deserves no trust.")
    kubernetes_config: KubernetesConfig = Field(
        default_factory=KubernetesConfig, description="How the job runs on the cluster."
    )

    def advice(self) -> Iterator[Finding]:
        """Yield a warning about an image tag that moves."""
        if self.image_tag == uris.MUTABLE_TAG:
            yield Finding(
                "the tag latest moves with each push, so that the same config gives other results tomorrow",
                "a tag that is never moved, such as a commit, or a digest",
                loc=("image_tag",),
            )
