"""Stopped in the middle, then the same command again: nothing is asked twice, and the scores are the same."""

import json
import signal
from pathlib import Path

import pytest

from commands import helm_stats, run_command, wait_for_file
from tracked import local_uri, read_back

pytestmark = [pytest.mark.helm, pytest.mark.xdist_group("finished-run")]


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [(signal.SIGTERM, 143, "KILLED"), (signal.SIGINT, 130, "KILLED"), (signal.SIGKILL, -9, "RUNNING")],
)
def test_a_stopped_run_continues(
    number: signal.Signals, code: int, status: str, finished_run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with run_command(folder, "--local").start() as process:
        wait_for_file(folder / "finished", process)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == code, stderr
    (run,) = read_back(local_uri(folder))
    assert run["status"] == status
    if number != signal.SIGKILL:
        assert "the same command again" in stderr
        assert run["metrics"]

    done = run_command(folder, "--local", "--json").run()
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert [entry["skipped"] for entry in summary["entries"]].count(True) >= 1
    assert helm_stats(folder / "helm") == helm_stats(finished_run / "helm")
    (run,) = read_back(local_uri(folder))
    assert run["status"] == "FINISHED"
    assert _scores(folder) == _scores(finished_run)


def _scores(folder: Path) -> list[object]:
    summary = json.loads((folder / "summary.json").read_text())
    return [(entry["name"], entry["score"], entry["shares"]) for entry in summary["entries"]]
