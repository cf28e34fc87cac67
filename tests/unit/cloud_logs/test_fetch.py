"""All of a job's entries, in order."""

import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.cloud_logs.entries import LogEntry
from cajajejo.cloud_logs.fetch import check_place, collect, write_entries
from cajajejo.errors import BadInputError, ExitCode, MissingError, StoreError
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
    assert write_entries(tmp_path / ".tmp" / "logs.json", entries) == 1
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


def test_a_device_that_is_full() -> None:
    with pytest.raises(StoreError, match="cannot write /dev/full: No space left"):
        write_entries(Path("/dev/full"), [LogEntry(container_entry(0, "x"))])


@pytest.mark.parametrize("end", [StoreError("x", path=Path("x")), KeyboardInterrupt(), SystemExit(143)])
def test_nothing_half_written_is_left(tmp_path: Path, end: BaseException) -> None:
    def broken() -> Iterator[LogEntry]:
        yield LogEntry(container_entry(0, "x"))
        raise end

    (tmp_path / "logs.json").write_text("old")
    with pytest.raises(type(end)):
        write_entries(tmp_path / "logs.json", broken())
    assert [path.name for path in tmp_path.iterdir()] == ["logs.json"]
    assert (tmp_path / "logs.json").read_text() == "old"


def test_places_that_will_do(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("")
    for place in ("new.json", "old.json", "a/b/c.json"):
        check_place(tmp_path / place)
    check_place(Path("/dev/stdout"))
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]


def test_places_that_will_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match="is a folder"):
        check_place(tmp_path)
    with pytest.raises(StoreError, match="file is a file"):
        check_place(tmp_path / "file" / "a" / "logs.json")
    with pytest.raises(StoreError, match="may not be written"):
        check_place(Path("/proc/sys/logs.json"))
