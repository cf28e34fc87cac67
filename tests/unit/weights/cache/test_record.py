from pathlib import Path

from cajajejo.weights.cache.record import EntryRecord, FileRecord, read_record, write_record


def test_what_is_written_is_read(tmp_path: Path) -> None:
    files = (FileRecord("a/b", 1, 2, 3, "sha256:0"), FileRecord("c", 0, 0, 0))
    record = EntryRecord("gs://b/m", "gs", "b/m", "1", 5.0, files, ("d",))
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    assert record.size_bytes == 1
    assert read_record(tmp_path / "other") is None
