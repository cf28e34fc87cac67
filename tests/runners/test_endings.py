"""How a dispatch ends, as a process of its own: signals, a second run, a full disk, a disk that cannot be written."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.runners.output import STATE_FOLDER
from cajajejo.runners.processes import marked_processes
from runner_tasks import wait_for

TESTS = Path(__file__).parents[1]
STUBBORN = "trap '' TERM; (trap '' TERM; sleep 61) & sleep 61"


def start(output: Path, slots: int, *commands: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, TESTS / "runners" / "sweeper.py", output, str(slots), *commands],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(output: Path, slots: int, *commands: str) -> tuple[int, dict[str, object], str]:
    process = start(output, slots, *commands)
    out, err = process.communicate(timeout=120)
    last = out.splitlines()[-1:] if process.returncode in (0, 1, 130, 143) else []
    return process.returncode, json.loads(last[0]) if last else {}, err


def left_running(output: Path) -> list[int]:
    opened = json.loads((output / STATE_FOLDER / "journal.jsonl").read_text().splitlines()[0])
    return marked_processes(b"CAJAJEJO_TASK", opened["mark"].encode())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_ends_stubborn_children_too(tmp_path: Path, number: int, code: int) -> None:
    output = tmp_path / "o"
    process = start(output, 2, STUBBORN, "setsid sleep 61 & wait", "true")
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["started\n"] * 2
    wait_for(lambda: len(left_running(output)) >= 4, "the children ran")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    report = json.loads(out.splitlines()[-1])
    assert (report["done"], report["not_run"], report["failed"]) == (0, 3, [])
    assert left_running(output) == []
    returned, report, _ = run(output, 2, "true", "true", "true")
    assert (returned, report["done"]) == (0, 3)


def test_a_second_run_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    first = start(tmp_path / "o", 1, "sleep 61")
    assert first.stdout is not None
    first.stdout.readline()
    code, _, error = run(tmp_path / "o", 1, "true")
    assert code == 3
    assert f"another run is working in {tmp_path / 'o'}: process {first.pid} on " in error
    first.terminate()
    first.communicate(timeout=60)
    assert run(tmp_path / "o", 1, "true")[0] == 0


def test_after_a_kill_the_old_processes_are_ended_first(tmp_path: Path) -> None:
    first = start(tmp_path / "o", 1, STUBBORN)
    assert first.stdout is not None
    first.stdout.readline()
    wait_for(lambda: len(left_running(tmp_path / "o")) >= 2, "the children ran")
    first.kill()
    first.communicate()
    assert left_running(tmp_path / "o")
    code, report, _ = run(tmp_path / "o", 1, "true")
    assert (code, report["done"]) == (0, 1)
    assert "1 of its tasks still ran and are ended first" in str(report["said"])
    assert left_running(tmp_path / "o") == []


def test_thousands_of_short_tasks(tmp_path: Path) -> None:
    commands = [":"] * 2000
    code, report, error = run(tmp_path / "o", 8, *commands)
    assert (code, report["done"]) == (0, 2000), error
    code, report, _ = run(tmp_path / "o", 8, *commands)
    assert (code, report["done"], report["skipped"]) == (0, 0, 2000)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs Linux, and root to mount a small file system")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_ends_the_run_and_the_same_command_goes_on(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    commands = ["sleep 61" if number == 1 else "true" for number in range(100)]
    ballast.write_bytes(b"x" * (256 - 16) * 1024)
    code, _, error = run(small_disk / "o", 4, *commands)
    assert code == 3, error
    assert "No space left on device" in error
    assert "make room" in error
    assert left_running(small_disk / "o") == []
    ballast.unlink()
    journal = (small_disk / "o" / STATE_FOLDER / "journal.jsonl").read_text()
    done_before = sum('"code":0' in line for line in journal.splitlines() if line.endswith("}"))
    code, report, error = run(small_disk / "o", 4, *["true"] * 100)
    assert (code, report["failed"]) == (0, []), error
    assert report["skipped"] == done_before > 0
    assert report["skipped"] + report["done"] == 100  # type: ignore[operator]


def test_a_disk_that_cannot_be_written_is_told(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    code, _, error = run(small_disk / "o", 1, "true")
    assert code == 3
    assert "cannot make the folder" in error
    assert "Read-only file system" in error
