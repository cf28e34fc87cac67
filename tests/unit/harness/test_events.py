from pathlib import Path

from cajajejo.harness.contract import EventKind
from cajajejo.harness.events import EventReader, EventWriter


def test_a_reader_gets_each_event_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader = EventReader(path)
    assert reader.poll() == []
    writer = EventWriter(path, clock=lambda: 5.0)
    writer.emit(EventKind.ENTRY_STARTED, entry="a")
    first = reader.poll()
    assert [(event.kind, event.time_s, event.data) for event in first] == [
        (EventKind.ENTRY_STARTED, 5.0, {"entry": "a"})
    ]
    assert reader.poll() == []
    writer.emit(EventKind.SUMMARIZING)
    assert [event.kind for event in reader.poll()] == [EventKind.SUMMARIZING]


def test_a_torn_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventWriter(path).emit(EventKind.SUMMARIZING)
    whole = path.read_bytes()
    reader = EventReader(path)
    path.write_bytes(whole[:-5])
    assert reader.poll() == []
    path.write_bytes(whole)
    assert len(reader.poll()) == 1


def test_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventWriter(path).emit(EventKind.SUMMARIZING)
    path.write_bytes(b"not json\n\xff\xfe\n{}\n" + path.read_bytes())
    assert [event.kind for event in EventReader(path).poll()] == [EventKind.SUMMARIZING]
