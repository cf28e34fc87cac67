"""What one evaluation is asked to do, apart from the two config files."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path

from cajajejo.evaluation.disruptions import Disruptions

__all__ = ["EvaluationOptions", "JobContext", "TrackingMode"]


class TrackingMode(enum.Enum):
    """Where results are recorded."""

    CONFIGURED = "configured"
    """The tracking URI of the job config."""
    LOCAL = "local"
    """SQLite and a folder inside the run's folder."""
    OFF = "off"


@dataclass(frozen=True)
class JobContext:
    """Where the evaluation comes from; recorded as tags."""

    config_version: str
    """Git commit of the config, or whatever the user calls its version."""
    config_path_git_repo: str
    """Path of the job config in its repository."""
    helm_config_path_git_repo: str
    """Path of the run-entries file in its repository."""
    job_name: str


@dataclass(frozen=True)
class EvaluationOptions:
    """What one evaluation is asked to do."""

    config_path: Path
    helm_config_path: Path
    run_folder: Path
    """Where everything goes; running again into the same folder continues."""
    context: JobContext
    tracking: TrackingMode = TrackingMode.CONFIGURED
    one_run_per_job: bool = False
    """Whether the job's name and what is asked identify the tracker's run (in a cluster, where a retried pod may find
    an empty folder), rather than the run's folder."""
    trace: bool = False
    """Whether the harness logs everything, and its log is shown on stderr."""
    weights_folder: Path | None = None
    """Where pulled weights are, and built-in models are made; by default inside the run's folder, which then holds
    both. It may be a disk that does not outlive a pod."""
    job: str = ""
    """What tells the attempts of this job in the run's folder from those of others; empty for none."""
    disruptions: Disruptions = field(default_factory=Disruptions)
    """How often the job was disrupted, and may be."""
    harness_command: tuple[str, ...] | None = None
    """Another program that speaks the harness contract, in the place of HELM."""
