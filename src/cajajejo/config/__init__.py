"""Config files to frozen models, with errors like a compiler's: file, line, key path, what is allowed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cajajejo.config.base import ConfigModel
    from cajajejo.config.findings import Finding
    from cajajejo.config.hocon.run_entries import RunEntries, RunEntry
    from cajajejo.config.job import EvaluationJobConfig, WeightsSource
    from cajajejo.config.load import (
        EvaluationInput,
        Loaded,
        load_evaluation,
        load_job_config,
        load_run_entries,
        load_yaml,
    )
    from cajajejo.config.schema import job_schema
    from cajajejo.config.source import Position, Problem, Severity, SourceFile

__all__ = [
    "ConfigModel",
    "EvaluationInput",
    "EvaluationJobConfig",
    "Finding",
    "Loaded",
    "Position",
    "Problem",
    "RunEntries",
    "RunEntry",
    "Severity",
    "SourceFile",
    "WeightsSource",
    "job_schema",
    "load_evaluation",
    "load_job_config",
    "load_run_entries",
    "load_yaml",
]

_HOMES = {
    "ConfigModel": "base",
    "EvaluationJobConfig": "job",
    "Finding": "findings",
    "RunEntries": "hocon.run_entries",
    "RunEntry": "hocon.run_entries",
    "WeightsSource": "job",
    "job_schema": "schema",
    "Position": "source",
    "Problem": "source",
    "Severity": "source",
    "SourceFile": "source",
}


def __getattr__(name: str) -> object:
    # pydantic costs a tenth of a second and 10 MiB, and whoever reads a sweep needs none of it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'load')}"), name)
