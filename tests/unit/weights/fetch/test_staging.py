"""What a fetch leaves behind, and what the next one makes of it."""

from pathlib import Path

import pytest

from cajajejo.weights.fetch.remote import RemoteFile
from cajajejo.weights.fetch.staging import Staging
from memory_source import crc32c

CONTENT = bytes(range(200)) * 5
FILE = RemoteFile("a/weights", 1000, crc32c(CONTENT))


def write(staging: Staging, start: int, stop: int, file: RemoteFile = FILE) -> None:
    with staging.writer(file, start) as writer:
        for at in range(start, stop, 100):
            writer.write(CONTENT[at : min(stop, at + 100)])


def test_parts_in_any_order_make_the_file_and_its_checksum(tmp_path: Path) -> None:
    with Staging(tmp_path / "s", record_bytes=250) as staging:
        for start, stop in ((500, 1000), (0, 130), (130, 500)):
            write(staging, start, stop)
        assert staging.path(FILE).read_bytes() == CONTENT
        size, checksum = staging.crc32c(FILE)
    assert size == 1000
    assert FILE.checksum is not None
    assert f"{checksum:08x}" == FILE.checksum.digits


def test_the_next_one_finds_what_was_noted(tmp_path: Path) -> None:
    with Staging(tmp_path / "s", record_bytes=250) as staging:
        write(staging, 0, 600)
    with Staging(tmp_path / "s") as staging:
        spans = staging.check(FILE)
    assert (spans[0].start, spans[-1].stop) == (0, 600)


def test_a_journal_that_is_torn_tells_what_is_before_the_tear(tmp_path: Path) -> None:
    with Staging(tmp_path / "s", record_bytes=250) as staging:
        write(staging, 0, 600)
    journal = tmp_path / "s/journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    with Staging(tmp_path / "s") as staging:
        before = staging.check(FILE)
        assert 0 < before[-1].stop < 600
        write(staging, before[-1].stop, 1000)
    with Staging(tmp_path / "s") as staging:
        assert staging.crc32c(FILE)[0] == 1000


@pytest.mark.parametrize("other", [RemoteFile("a/weights", 999), RemoteFile("a/weights", 1000, crc32c(b"other"))])
def test_what_belongs_to_other_content_of_that_name_does_not_count(tmp_path: Path, other: RemoteFile) -> None:
    with Staging(tmp_path / "s") as staging:
        write(staging, 0, 600)
        assert staging.spans(other) == []


def test_a_file_that_is_forgotten_stays_so(tmp_path: Path) -> None:
    with Staging(tmp_path / "s") as staging:
        write(staging, 0, 600)
        staging.forget(FILE)
    with Staging(tmp_path / "s") as staging:
        assert staging.spans(FILE) == []
        assert not staging.path(FILE).exists()


def test_files_that_are_not_wanted_go(tmp_path: Path) -> None:
    with Staging(tmp_path / "s") as staging:
        write(staging, 0, 600)
        (staging.files / "old").mkdir()
        (staging.files / "old/file").touch()
        staging.tidy({"a/weights"})
        assert sorted(path.name for path in staging.files.rglob("*")) == ["a", "weights"]


def test_a_check_that_is_given_up_forgets_nothing(tmp_path: Path) -> None:
    with Staging(tmp_path / "s") as staging:
        write(staging, 0, 600)
        staging.stop_checking()
        staging.check(FILE)
        assert [(span.start, span.stop) for span in staging.spans(FILE)] == [(0, 600)]
