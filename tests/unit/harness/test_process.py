import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cajajejo.errors import HarnessCrashError, StoreError
from cajajejo.harness.contract import EntryRequest, Event, EventKind, FolderEndpoint, HarnessFolders, HarnessRequest
from cajajejo.harness.process import HarnessProcess
from cajajejo.testing import FAKE_HARNESS

SECRET = "hunter2hunter2"


def write_request(root: Path, *descriptions: str) -> Path:
    folders = [root / name for name in ("attempt", "helm", "answers")]
    for folder in folders:
        folder.mkdir()
    request = HarnessRequest(
        harness="fake",
        entries=tuple(EntryRequest(text) for text in descriptions),
        endpoint=FolderEndpoint(path="m", names=("m",), fingerprint="f"),
        folders=HarnessFolders(*(str(folder) for folder in folders)),
        suite="v1",
    )
    path = root / "attempt" / "request.json"
    path.write_text(request.to_json())
    return path


def started(root: Path, *descriptions: str, command: tuple[str, ...] = FAKE_HARNESS) -> HarnessProcess:
    path = write_request(root, *descriptions)
    return HarnessProcess(
        command,
        path,
        log_path=root / "attempt" / "log.txt",
        environment=dict(os.environ),
        mask=lambda line: line.replace(SECRET, "***"),
    )


def followed(process: HarnessProcess) -> list[Event]:
    events = []
    for event in process.follow():
        if event is not None:
            events.append(event)
            if event.kind is EventKind.READY:
                process.go()
    return events


def test_it_is_followed_to_its_end(tmp_path: Path) -> None:
    process = started(tmp_path, "good:n=2", "good:n=3")
    events = followed(process)
    assert process.wait() == 0
    assert [event.kind for event in events].count(EventKind.ENTRY_FINISHED) == 2
    assert events[0].kind is EventKind.READY
    assert events[-1].kind is EventKind.SUMMARIZING


def test_a_failing_entry_is_exit_code_1(tmp_path: Path) -> None:
    process = started(tmp_path, "fails", "good:n=1")
    followed(process)
    assert process.wait() == 1


def test_a_crash_has_its_code_and_its_last_lines(tmp_path: Path) -> None:
    process = started(tmp_path, "crashes")
    followed(process)
    with pytest.raises(HarnessCrashError, match="exit code 9") as caught:
        process.wait()
    assert caught.value.log_tail == ("about to crash",)
    assert caught.value.exit_code == 70


def test_a_kill_has_its_signal(tmp_path: Path) -> None:
    process = started(tmp_path, "killed")
    followed(process)
    with pytest.raises(HarnessCrashError, match="SIGKILL") as caught:
        process.wait()
    assert caught.value.return_code == -signal.SIGKILL
    assert "memory" in str(caught.value.remedy)


def test_a_full_disk_is_a_store_error(tmp_path: Path) -> None:
    process = started(tmp_path, "full")
    followed(process)
    with pytest.raises(StoreError, match="disk is full"):
        process.wait()


def test_it_can_be_ended_in_the_middle(tmp_path: Path) -> None:
    process = started(tmp_path, "good:n=1", "waits")
    seen: list[EventKind] = []
    for event in process.follow(stop=lambda: seen.count(EventKind.ENTRY_STARTED) == 2):
        if event is not None:
            seen.append(event.kind)
            if event.kind is EventKind.READY:
                process.go()
    process.kill()
    with pytest.raises(HarnessCrashError, match="SIGKILL"):
        process.wait()


def test_a_program_that_speaks_no_contract_is_a_crash_not_a_hang(tmp_path: Path) -> None:
    code = f"import sys; print('{SECRET}'); sys.exit(5)"
    process = started(tmp_path, command=(sys.executable, "-c", code))
    assert followed(process) == []
    with pytest.raises(HarnessCrashError, match="exit code 5") as caught:
        process.wait()
    assert caught.value.log_tail == ("***",)
    assert SECRET not in (tmp_path / "attempt" / "log.txt").read_text()


PARENT = """
import os, signal, sys
from pathlib import Path
from cajajejo.harness.contract import EventKind
from cajajejo.harness.process import HarnessProcess
from cajajejo.testing import FAKE_HARNESS

request = Path(sys.argv[1])
log = request.with_name("log.txt")
process = HarnessProcess(FAKE_HARNESS, request, log_path=log, environment=dict(os.environ))
for event in process.follow():
    if event is not None and event.kind is EventKind.READY:
        process.go()
    if event is not None and event.kind is EventKind.ENTRY_STARTED:
        print(process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    request = write_request(tmp_path, "waits")
    command = [sys.executable, "-c", PARENT, str(request)]
    parent = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert parent.returncode == -signal.SIGKILL, parent.stderr
    assert ended(int(parent.stdout), within_s=20.0), "the harness outlived its parent"


def ended(pid: int, *, within_s: float) -> bool:
    """Whether a process that is not a child of ours ends within a time; ends it if it does not."""
    pause, deadline = threading.Event(), time.monotonic() + within_s
    while alive(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return False
        pause.wait(0.02)
    return True


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


class Unread(io.StringIO):
    """A terminal that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_long_log_is_kept_whole_though_nobody_reads_its_echo(tmp_path: Path) -> None:
    code = "for number in range(20000): print('line', number)"
    (tmp_path / "attempt").mkdir()
    process = HarnessProcess(
        (sys.executable, "-c", code),
        tmp_path / "attempt" / "request.json",
        log_path=tmp_path / "log.txt",
        environment=dict(os.environ),
        echo=Unread(),
    )
    assert followed(process) == []
    assert process.wait() == 0
    assert len((tmp_path / "log.txt").read_text().splitlines()) == 20000
    assert process.log_tail[-1] == "line 19999"


def test_a_log_that_cannot_be_written_does_not_hold_up_the_harness(tmp_path: Path) -> None:
    code = "for number in range(20000): print('line', number)"
    (tmp_path / "attempt").mkdir()
    process = HarnessProcess(
        (sys.executable, "-c", code),
        tmp_path / "attempt" / "request.json",
        log_path=Path("/dev/full"),
        environment=dict(os.environ),
    )
    assert followed(process) == []
    assert process.wait() == 0
    assert process.log_tail[-1] == "line 19999"
