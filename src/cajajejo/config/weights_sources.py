"""Where the weights of a model can come from, and what has to be said about each place."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator
from typing import ClassVar

from pydantic import Field

import cajajejo.config.grammars.texts as values
import cajajejo.config.grammars.uris as uris
from cajajejo.config.base import ConfigModel
from cajajejo.config.findings import Finding

__all__ = ["HubModelConfig", "MlflowArtifact", "MlflowModelConfig", "WeightsSource"]


class MlflowArtifact(ConfigModel):
    """Model weights that are an artifact of an MLflow run."""

    run_id: str = Field(..., grammar=values.RUN_ID, description="The run that holds the model.")
    artifact_path: str = Field(..., grammar=values.RELATIVE_PATH, description="Folder of the artifact in the run.")
    model_directory: str | None = Field(
        None, grammar=values.RELATIVE_PATH, description="Folder of the weights inside the artifact."
    )
    tokenizer_directory: str | None = Field(
        None, grammar=values.RELATIVE_PATH, description="Folder of the tokenizer inside the artifact."
    )
    tokenizer_hf_repo: str | None = Field(
        None,
        grammar=values.HUB_REPOSITORY,
        description="Repository of the tokenizer on the Hugging Face hub.",
    )

    @classmethod
    def check_keys(cls, given: Collection[str]) -> Iterator[Finding]:
        """Yield a finding if the tokenizer has two sources."""
        if {"tokenizer_directory", "tokenizer_hf_repo"} <= set(given):
            yield Finding(
                "tokenizer_directory and tokenizer_hf_repo exclude each other",
                "at most one of them",
                at_key=True,
            )


class MlflowModelConfig(ConfigModel):
    """Model weights in MLflow's model registry; a lone text is the URI."""

    shorthand: ClassVar[str | None] = "uri"

    uri: str = Field(
        ..., grammar=uris.MODELS_URI, description="models:/name/version, or models:/name@alias for one that moves."
    )
    model_directory: str | None = Field(
        None, grammar=values.RELATIVE_PATH, description="Folder of the weights inside the model."
    )
    tokenizer_directory: str | None = Field(
        None, grammar=values.RELATIVE_PATH, description="Folder of the tokenizer inside the model."
    )
    tokenizer_hf_repo: str | None = Field(
        None,
        grammar=values.HUB_REPOSITORY,
        description="Repository of the tokenizer on the Hugging Face hub.",
    )

    @classmethod
    def check_keys(cls, given: Collection[str]) -> Iterator[Finding]:
        """Yield a finding if the tokenizer has two sources."""
        yield from MlflowArtifact.check_keys(given)

    def advice(self) -> Iterator[Finding]:
        """Yield a warning about an alias."""
        if "@" in self.uri:
            yield Finding(
                "an alias moves when the registry changes, so that the same config gives other results tomorrow",
                "a version, such as models:/name/3",
                loc=("uri",),
            )


class HubModelConfig(ConfigModel):
    """Model weights in a repository of the Hugging Face hub; a lone text is the repository."""

    shorthand: ClassVar[str | None] = "repository"

    repository: str = Field(..., grammar=values.HUB_REPOSITORY, description="organisation/name, or name.")
    revision: str | None = Field(
        None, grammar=values.HUB_REVISION, description="Commit, tag or branch. Null: the main branch, which moves."
    )

    def advice(self) -> Iterator[Finding]:
        """Yield a warning about a repository without a revision."""
        if self.revision is None:
            yield Finding(
                "without a revision the repository's newest files are taken, so that results may change",
                "the revision, best a commit of 40 hexadecimal digits",
                loc=("repository",),
            )


class WeightsSource(enum.Enum):
    """Where the weights of a model come from; the value is the key in `model_config`."""

    MLFLOW_ARTIFACT = "mlflow_artifact"
    GS_URI = "gs_uri"
    MLFLOW_MODEL = "mlflow_model"
    HF_MODEL = "hf_model"
    PATH = "path"
    BUILTIN = "builtin"

    @property
    def is_fetched(self) -> bool:
        """Whether the weights have to be fetched before the evaluation."""
        return self not in (WeightsSource.PATH, WeightsSource.BUILTIN)
