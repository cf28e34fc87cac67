from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cajajejo.evaluation import EvaluationOptions, JobContext, TrackingMode
from cajajejo.testing import FAKE_HARNESS, write_job_config, write_run_entries

Ask = Callable[..., EvaluationOptions]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Makes the options of an evaluation by the fake harness, without a tracker unless asked otherwise."""

    def make(*descriptions: str, config: dict[str, object] | None = None, **changes: object) -> EvaluationOptions:
        options = EvaluationOptions(
            config_path=write_job_config(tmp_path / "job.yml", **(config or {})),  # type: ignore[arg-type]
            helm_config_path=write_run_entries(tmp_path / "entries.conf", descriptions),
            run_folder=tmp_path / "run",
            context=JobContext("commit", "job.yml", "entries.conf", "job-1"),
            tracking=TrackingMode.OFF,
            harness_command=FAKE_HARNESS,
        )
        return replace(options, **changes)  # type: ignore[arg-type]

    return make
