import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import ROOT
from fake_programs import FakePrograms
from repositories import commit_all

Invoke = Callable[..., "subprocess.CompletedProcess[str]"]

CONFIGS = ("debug.job_config.yml", "app/debug.conf")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    """Programs that come before the others on PATH."""
    return FakePrograms(tmp_path, monkeypatch)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of a user's: the tasks, the image's file and the debug configs, all committed."""
    folder = tmp_path / "checkout"
    for name in ("tasks.py", *(f"jobs/evaluation/{config}" for config in CONFIGS)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "evaluation.Dockerfile").write_text("FROM scratch\n")
    (folder / "invoke.yaml").write_bytes((ROOT / "invoke.yaml.example").read_bytes())
    commit_all(folder)
    return folder


@pytest.fixture
def invoke(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs invoke in the checkout."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(Path(sys.executable).with_name("invoke")), *arguments],
            cwd=checkout,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run
