"""Streams side by side: what breaks is asked for again from where it broke, and what is final ends all of them."""

import threading
from pathlib import Path

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.patience import Patience
from cajajejo.weights.fetch.staging import Staging
from cajajejo.weights.fetch.transfer import Transfer, TransferOptions
from memory_source import MemorySource, Told, broken

FILES = {"a": bytes(range(200)) * 20, "b": bytes(range(100)) * 30}
SOON = Patience(unanswered_s=30, away_s=30, rate_limited_s=30, longest_pause_s=0.001)


def run(source: MemorySource, folder: Path, *, streams: int = 3, patience: Patience = SOON) -> Told:
    told = Told()
    with Staging(folder) as staging:
        options = TransferOptions(streams=streams, piece_bytes=1000, patience=patience)
        Transfer(source, source.files(), staging, told, options).run()
    return told


def test_a_stream_that_breaks_goes_on_where_it_broke(tmp_path: Path) -> None:
    failed: set[tuple[str, int]] = set()

    def spoil(name: str, start: int, part: bytes) -> bytes:
        if start % 300 == 0 and (name, start) not in failed:
            failed.add((name, start))
            raise broken(429, wish_s=0.001)
        return part

    source = MemorySource(FILES, spoil)
    told = run(source, tmp_path)
    assert all((tmp_path / "files" / name).read_bytes() == content for name, content in FILES.items())
    assert (source.sent, told.done) == (7000, 7000)
    assert len(failed) > 20


def test_what_is_final_ends_all_streams_at_once(tmp_path: Path) -> None:
    waits = threading.Event()

    def spoil(name: str, _start: int, part: bytes) -> bytes:
        if name == "a":
            waits.set()
            raise broken(503, wish_s=3000.0)
        assert waits.wait(30)
        raise WeightsError("gone", source="gs://bucket/m", status=404)

    source = MemorySource({"a": b"x" * 500, "b": b"y" * 500}, spoil)
    with pytest.raises(WeightsError, match="gone"):
        run(source, tmp_path, patience=Patience(3600, 3600, 3600, 3600))


def test_one_stream_is_enough(tmp_path: Path) -> None:
    source = MemorySource(FILES)
    run(source, tmp_path, streams=1)
    assert [name for name, _, _ in source.asked] == ["a"] * 4 + ["b"] * 3
    assert source.sent == 7000


def test_whoever_gives_no_parts_is_asked_for_files(tmp_path: Path) -> None:
    source = MemorySource(FILES)
    source.splits = False
    run(source, tmp_path)
    assert sorted(source.asked) == [("a", 0, None), ("b", 0, None)]
