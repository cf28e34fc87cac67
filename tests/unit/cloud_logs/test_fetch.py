"""All of a job's entries, in order."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from cajajejo.cloud_logs.entries import LogEntry
from cajajejo.cloud_logs.fetch import collect, write_entries
from cajajejo.errors import ExitCode, MissingError, StoreError
from fake_cloud_logging import container_entry


def test_in_order() -> None:
    entries = [LogEntry(container_entry(number, "x")) for number in (2, 0, 1)]
    found = collect(iter(entries), asked="job x", source="project p1")
    assert [entry.message for entry in found] == ["line 0", "line 1", "line 2"]


def test_nothing_is_told_with_what_was_asked() -> None:
    with pytest.raises(MissingError, match="project p1 has no logs of job x") as caught:
        collect(iter(()), asked="job x", source="project p1")
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    assert "--shift-amount" in str(caught.value.remedy)


def test_the_file_and_its_folder(tmp_path: Path) -> None:
    entries = [LogEntry(container_entry(0, "x"))]
    write_entries(tmp_path / ".tmp" / "logs.json", entries)
    assert json.loads((tmp_path / ".tmp" / "logs.json").read_text()) == [entries[0].data]
    assert [path.name for path in (tmp_path / ".tmp").iterdir()] == ["logs.json"]


def test_a_link_is_kept(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write_entries(tmp_path / "link.json", [])
    assert (tmp_path / "real.json").read_text() == "[]\n"
    assert (tmp_path / "link.json").is_symlink()


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_entries(pipe, [])
    reader.join(30)
    assert read == ["[]\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode), "a rename would have replaced it, and with root's rights /dev/null, too"


def test_a_pipe_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match=r"cannot write to .*pipe: No space left"):
        write_entries(tmp_path / "pipe", [])
