"""Who has stood still for long gives way to whoever has taken over."""

from pathlib import Path

import pytest

from cajajejo.weights.cache.fill import fetch_into_cache
from cajajejo.weights.fetch.claims import ClaimTiming
from cajajejo.weights.fetch.work import FetchOptions
from memory_source import IMPATIENT, MemorySource, Told

FILES = {"config.json": b"{}", "weights": bytes(range(250)) * 20}


class TakenOver(Told):
    """Has another one take over at the first look, and finish."""

    def __init__(self, cache: Path) -> None:
        super().__init__()
        self.other = MemorySource(FILES)
        self._cache = cache

    def fetched(self, done_bytes: int) -> None:
        super().fetched(done_bytes)
        if not self.other.asked:
            (claim,) = (self._cache / ".claims").glob("*.1")
            claim.unlink()  # as if it had been silent for long
            fetch_into_cache(self.other, self._cache, Told(), options=IMPATIENT)


@pytest.mark.parametrize("streams", [1, 3])
def test_two_that_do_the_same_end_with_one_entry(tmp_path: Path, streams: int) -> None:
    options = FetchOptions(transfer=IMPATIENT.transfer, timing=ClaimTiming(beat_s=3600, look_every_s=0.005))
    told = TakenOver(tmp_path)
    entry = fetch_into_cache(MemorySource(FILES), tmp_path, told, options=options)
    assert (entry.files / "weights").read_bytes() == FILES["weights"]
    assert len(list(tmp_path.glob("gs/*/*"))) == 1
    assert list((tmp_path / ".claims").iterdir()) == []
    assert list((tmp_path / ".staging").iterdir()) == []
