"""Stopped in the middle, then the same command again: nothing is asked twice, and the scores are the same."""

import json
import signal
import time
from pathlib import Path

import pytest

from commands import helm_stats
from held import HeldRun
from tracked import local_uri, read_back

pytestmark = [pytest.mark.helm, pytest.mark.xdist_group("interruptions")]

ENDS_WITHIN_S = 25.0
"""A cluster kills what has not ended 30 s after it was asked to."""


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same files, evaluated without an interruption."""
    root = tmp_path_factory.mktemp("undisturbed")
    done = HeldRun(root).command(root / "run", "--no-tracking").run()
    assert done.returncode == 0, done.stderr
    return root / "run"


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [(signal.SIGTERM, 143, "KILLED"), (signal.SIGINT, 130, "KILLED"), (signal.SIGKILL, -9, "RUNNING")],
)
def test_a_stopped_run_continues(
    number: signal.Signals, code: int, status: str, undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    held = HeldRun(tmp_path).hold()
    with held.command(folder, "--local").start() as process:
        held.wait(folder, process)
        process.send_signal(number)
        sent = time.monotonic()
        _, stderr = process.communicate(timeout=60)
        took = time.monotonic() - sent
    assert process.returncode == code, stderr
    assert took < ENDS_WITHIN_S
    (run,) = read_back(local_uri(folder))
    assert run["status"] == status
    if number != signal.SIGKILL:
        assert "the same command again" in stderr
        assert run["metrics"]

    held.release()
    done = held.command(folder, "--local", "--json").run()
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert [entry["skipped"] for entry in summary["entries"]] == [True, False, False]
    assert helm_stats(folder / "helm") == helm_stats(undisturbed / "helm")
    (run,) = read_back(local_uri(folder))
    assert run["status"] == "FINISHED"
    assert _scores(folder) == _scores(undisturbed)


def _scores(folder: Path) -> list[object]:
    summary = json.loads((folder / "summary.json").read_text())
    return [(entry["name"], entry["score"], entry["shares"]) for entry in summary["entries"]]
