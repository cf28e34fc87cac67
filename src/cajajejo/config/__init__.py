"""Config files to frozen models, with errors like a compiler's: file, line, key path, what is allowed."""

from __future__ import annotations

from cajajejo.config.base import ConfigModel
from cajajejo.config.findings import Finding
from cajajejo.config.job import EvaluationJobConfig, WeightsSource
from cajajejo.config.load import (
    EvaluationInput,
    Loaded,
    load_evaluation,
    load_job_config,
    load_run_entries,
    load_yaml,
)
from cajajejo.config.run_entries import RunEntries, RunEntry
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
