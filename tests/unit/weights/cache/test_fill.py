"""A model comes into a cache once, and is there for all who come later."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

import cajajejo.weights.cache.fill as fill_module
from cajajejo.errors import StoreError, WeightsError
from cajajejo.weights.cache.entries import CacheEntry, entries
from cajajejo.weights.cache.fill import fetch_into_cache
from cajajejo.weights.fetch.claims import ClaimTiming
from cajajejo.weights.fetch.listing import FetchChoice
from cajajejo.weights.fetch.remote import RemoteFile
from cajajejo.weights.fetch.work import FetchOptions
from memory_source import IMPATIENT, MemorySource, Told

FILES = {
    "config.json": b"{}",
    "weights": bytes(range(250)) * 20,
    "optimizer.pt": b"x",
    "model.safetensors.index.json": b"{}",
}
QUICK = FetchOptions(transfer=IMPATIENT.transfer, timing=ClaimTiming(beat_s=0.01, dead_after_s=30, look_every_s=0.005))


def fill(source: MemorySource, cache: Path, told: Told | None = None, choice: FetchChoice | None = None) -> CacheEntry:
    return fetch_into_cache(source, cache, told or Told(), choice=choice, options=QUICK)


def test_a_model_lies_under_its_source_and_its_checksum(tmp_path: Path) -> None:
    source = MemorySource(FILES)
    entry = fill(source, tmp_path)
    assert entry.folder.relative_to(tmp_path).parts[:2] == ("gs", "bucket%2Fm")
    assert (entry.files / "weights").read_bytes() == FILES["weights"]
    assert (entry.record.source, entry.record.left_out) == ("gs://bucket/m", ("optimizer.pt",))
    assert [path.name for path in tmp_path.iterdir() if path.is_dir() and any(path.iterdir())] == ["gs"]
    assert sorted(path.name for path in entry.folder.iterdir()) == ["cajajejo.json", "files"]


def test_the_second_time_nothing_is_fetched(tmp_path: Path) -> None:
    first = fill(MemorySource(FILES), tmp_path)
    os.utime(first.folder / "cajajejo.json", (1000, 1000))
    source, told = MemorySource(FILES), Told()
    assert fill(source, tmp_path, told).files == first.files
    assert source.asked == []
    assert "are in the cache already" in told.end[0]
    (entry,) = entries(tmp_path)
    assert entry.used_at_s > 1000  # it is noted that somebody has used it


def test_other_content_or_other_files_are_another_entry(tmp_path: Path) -> None:
    first = fill(MemorySource(FILES), tmp_path)
    second = fill(MemorySource({**FILES, "config.json": b"[]"}), tmp_path)
    third = fill(MemorySource(FILES), tmp_path, choice=FetchChoice(all_files=True))
    assert len({first.folder, second.folder, third.folder}) == 3
    assert (third.files / "optimizer.pt").exists()


def test_an_entry_that_is_damaged_is_fetched_again(tmp_path: Path) -> None:
    first = fill(MemorySource(FILES), tmp_path)
    with (first.files / "weights").open("r+b") as file:
        file.write(b"?")
    source, told = MemorySource(FILES), Told()
    entry = fill(source, tmp_path, told)
    assert (entry.files / "weights").read_bytes() == FILES["weights"]
    assert source.sent > 5000
    assert "weights has the crc32c" in told.notes[0]


def test_an_entry_whose_record_is_damaged_is_fetched_again(tmp_path: Path) -> None:
    first = fill(MemorySource(FILES), tmp_path)
    (first.folder / "cajajejo.json").write_text("{")
    assert fill(MemorySource(FILES), tmp_path).files == first.files
    assert list(tmp_path.glob(".removing-*")) == []
    assert list((tmp_path / ".staging").iterdir()) == []


def test_a_fetch_that_failed_goes_on(tmp_path: Path) -> None:
    def cut(_name: str, start: int, part: bytes) -> bytes:
        return b"" if start >= 3000 else part

    first = MemorySource(FILES, cut)
    with pytest.raises(WeightsError):
        fill(first, tmp_path)
    assert list(entries(tmp_path)) == []
    second = MemorySource(FILES)
    fill(second, tmp_path)
    assert first.sent + second.sent == sum(len(content) for name, content in FILES.items() if name != "optimizer.pt")


def test_several_at_once_make_one_download(tmp_path: Path) -> None:
    begun, others_wait = threading.Event(), threading.Event()

    def hold(_name: str, _start: int, part: bytes) -> bytes:
        begun.set()
        assert others_wait.wait(30)
        return part

    class Waiting(Told):
        def noted(self, text: str) -> None:
            super().noted(text)
            others_wait.set()

    first, second, told = MemorySource(FILES, hold), MemorySource(FILES), Waiting()
    thread = threading.Thread(target=fill, args=(first, tmp_path))
    thread.start()
    assert begun.wait(30)
    entry = fill(second, tmp_path, told)
    thread.join(30)
    assert second.sent == 0
    assert (entry.files / "weights").read_bytes() == FILES["weights"]
    assert any("waiting for" in note for note in told.notes)


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StoreError, match="cannot write") as caught:
        fill(MemorySource(FILES), tmp_path / "cache")
    assert caught.value.exit_code == 3


def test_a_fetch_that_was_killed_before_its_last_step_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    first = fill(MemorySource(FILES), tmp_path)
    (first.folder / "cajajejo.json").write_text("{")
    with monkeypatch.context() as patch:
        patch.setattr(fill_module, "discard", killed)
        with pytest.raises(KeyboardInterrupt):
            fill(MemorySource(FILES), tmp_path)
    again = MemorySource(FILES)
    assert (fill(again, tmp_path).files / "weights").read_bytes() == FILES["weights"]
    assert again.sent == 0


def test_who_has_lost_the_claim_makes_nothing_visible_and_looks_again(tmp_path: Path) -> None:
    def lose(_name: str, _start: int, part: bytes) -> bytes:
        for claim in (tmp_path / ".claims").iterdir():
            claim.unlink()
        return part

    told = Told()
    source = MemorySource(FILES, lose)
    entry = fill(source, tmp_path, told)
    assert "another process has taken the fetch over" in told.notes
    assert (entry.files / "weights").read_bytes() == FILES["weights"]


class Asked(MemorySource):
    """A source that can be away."""

    def __init__(
        self,
        files: dict[str, bytes],
        *,
        question: str | None = None,
        pinned: str | None = None,
        status: int | None = 200,
    ) -> None:
        super().__init__(files)
        self.question, self.pinned, self.status = question, pinned, status
        self.listed = 0

    def files(self) -> Sequence[RemoteFile]:
        self.listed += 1
        if self.status != 200:
            raise WeightsError(f"status {self.status}", source=self.uri, status=self.status)
        return super().files()


def test_what_never_changes_is_not_asked_for_again(tmp_path: Path) -> None:
    first = fill(Asked(FILES, pinned="m@1"), tmp_path)
    away, told = Asked(FILES, pinned="m@1", status=None), Told()
    assert fill(away, tmp_path, told).files == first.files
    assert (away.listed, told.notes) == (0, [])
    assert "are in the cache already" in told.end[0]


def test_what_never_changes_is_known_from_a_name_that_moves(tmp_path: Path) -> None:
    class Moving(Asked):
        def files(self) -> Sequence[RemoteFile]:
            self.pinned = "m@1"  # as a branch tells of its commit
            return super().files()

    first = fill(Moving(FILES, question="m@main"), tmp_path)
    assert fill(Asked(FILES, pinned="m@1", status=503), tmp_path).files == first.files


def test_what_never_changes_is_asked_for_again_where_it_is_damaged(tmp_path: Path) -> None:
    first = fill(Asked(FILES, pinned="m@1"), tmp_path)
    (first.files / "weights").write_bytes(b"short")
    with pytest.raises(WeightsError):
        fill(Asked(FILES, pinned="m@1", status=None), tmp_path)
    assert (first.files / "config.json").exists()  # nothing goes before there is something to put in its place
    assert (fill(Asked(FILES, pinned="m@1"), tmp_path).files / "weights").read_bytes() == FILES["weights"]


@pytest.mark.parametrize("status", [None, 408, 429, 500, 503, 599])
def test_of_a_source_that_is_away_the_last_answer_is_used_and_told(tmp_path: Path, status: int | None) -> None:
    fill(Asked({**FILES, "config.json": b"[]"}, question="m@main"), tmp_path)
    second = fill(Asked(FILES, question="m@main"), tmp_path)
    told = Told()
    assert fill(Asked(FILES, question="m@main", status=status), tmp_path, told).files == second.files
    (warning,) = told.notes
    assert warning.startswith(f"WARNING: status {status}. What gs://bucket/m was on 20")
    assert f"revision {second.record.revision}, in the cache since 20" in warning


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_source_that_refuses_is_not_away(tmp_path: Path, status: int) -> None:
    fill(Asked(FILES, question="m@main"), tmp_path)
    with pytest.raises(WeightsError) as caught:
        fill(Asked(FILES, question="m@main", status=status), tmp_path)
    assert caught.value.status == status


def test_without_an_answer_to_the_same_question_nothing_is_used(tmp_path: Path) -> None:
    first = fill(Asked(FILES, question="m@main"), tmp_path)
    for source in (Asked(FILES, question="m@v2", status=None), Asked(FILES, status=None)):
        with pytest.raises(WeightsError):
            fill(source, tmp_path)
    with pytest.raises(WeightsError):
        fill(Asked(FILES, question="m@main", status=None), tmp_path, choice=FetchChoice(all_files=True))
    (first.files / "weights").unlink()
    with pytest.raises(WeightsError):
        fill(Asked(FILES, question="m@main", status=None), tmp_path)


@pytest.mark.parametrize("name", ["files/weights", "cajajejo.json"])
def test_what_cannot_be_read_is_never_removed(tmp_path: Path, name: str) -> None:
    entry = fill(MemorySource(FILES), tmp_path)
    os.utime(entry.files / "weights", (1000, 1000))
    unreadable = entry.folder / name
    content = unreadable.read_bytes()
    unreadable.unlink()
    unreadable.symlink_to(unreadable.name)  # which is an endless circle: an error, also for root
    with pytest.raises(StoreError, match="cannot read") as caught:
        fill(MemorySource(FILES), tmp_path)
    assert caught.value.exit_code == 3
    unreadable.unlink()
    unreadable.write_bytes(content)
    source = MemorySource(FILES)
    fill(source, tmp_path)
    assert source.sent == 0


def test_a_cache_that_a_group_shares_can_be_written_by_all_of_it(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o2770)
    before = os.umask(0o077)
    try:
        fill(Asked(FILES, question="m@main"), cache)
    finally:
        os.umask(before)
    made = list(cache.rglob("*"))
    assert len(made) > 8
    for path in made:
        mode = path.stat().st_mode & 0o7777
        wanted = 0o2770 if path.is_dir() else 0o660
        assert mode & 0o7772 == wanted, (path, oct(mode))
