"""What fits into a config, but not into a cluster's objects. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cajajejo.config.findings import Finding
from cajajejo.config.load import EvaluationInput
from cajajejo.errors import ConfigError

__all__ = ["CONFIG_MAP_LIMIT", "check_annotations", "check_inputs"]

CONFIG_MAP_LIMIT: Final = 1024 * 1024
"""Bytes of all values of a ConfigMap (Kubernetes: `MaxSecretSize`, which holds for ConfigMaps too)."""
_ANNOTATIONS_LIMIT: Final = 256 * 1024
"""Bytes of all annotations of an object, names included (Kubernetes: `TotalAnnotationSizeLimitB`)."""


def check_inputs(inputs: EvaluationInput) -> None:
    """Refuses configs that no cluster can take.

    Raises:
        ConfigError: With the problem at its place.
    """
    size = len(inputs.job.source.data) + len(inputs.entries.source.data)
    if size > CONFIG_MAP_LIMIT:
        finding = Finding(
            f"both configs have {size:,} bytes together",
            f"a ConfigMap takes {CONFIG_MAP_LIMIT:,} at most: shorten the comments, or split the entries into two jobs",
        )
        entries_are_larger = len(inputs.entries.source.data) > len(inputs.job.source.data)
        raise ConfigError([(inputs.entries if entries_are_larger else inputs.job).problem(finding)])


def check_annotations(inputs: EvaluationInput, annotations: Mapping[str, str]) -> None:
    """Refuses more annotations than an object may have.

    Args:
        inputs: The configs.
        annotations: All annotations, those of the toolkit included.

    Raises:
        ConfigError: With the problem at its place.
    """
    size = sum(len(key.encode()) + len(text.encode(errors="replace")) for key, text in annotations.items())
    if size > _ANNOTATIONS_LIMIT:
        message = f"the annotations have {size:,} bytes together, those of the toolkit included"
        allowed = f"Kubernetes takes {_ANNOTATIONS_LIMIT:,} at most"
        raise ConfigError([inputs.job.problem(Finding(message, allowed, loc=("kubernetes_config", "annotations")))])
