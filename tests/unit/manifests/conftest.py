from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo.config import EvaluationInput, load_evaluation
from cajajejo.manifests.render import ConfigSource, render
from cajajejo.manifests.spec import JobSpec
from unit.config.good_files import ENTRIES, JOB

SOURCE = ConfigSource("jobs/evaluation/job.yml", "jobs/evaluation/app/entries.conf", "10abfb1")

Inputs = Callable[..., EvaluationInput]
Render = Callable[..., JobSpec]


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """Writes both configs, with further lines at the end of the job config, and reads them."""

    def make(more: str = "", *, job: str = JOB, entries: str = ENTRIES) -> EvaluationInput:
        job_path, entries_path = tmp_path / "job.yml", tmp_path / "entries.conf"
        job_path.write_bytes((job + more).encode())
        entries_path.write_bytes(entries.encode())
        return load_evaluation(job_path, entries_path)

    return make


@pytest.fixture
def rendered(inputs: Inputs) -> Render:
    """Renders the good configs, with further lines at the end of the job config."""

    def make(more: str = "", *, source: ConfigSource = SOURCE, **texts: str) -> JobSpec:
        return render(inputs(more, **texts), source)

    return make


@pytest.fixture
def spec(rendered: Render) -> JobSpec:
    return rendered()
