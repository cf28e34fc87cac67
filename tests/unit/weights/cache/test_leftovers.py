import os
from pathlib import Path

from cajajejo.weights.cache.leftovers import leftovers, remove_leftovers
from cajajejo.weights.fetch.claims import claimed


def test_old_fetches_that_nobody_goes_on_with_are_left_over(tmp_path: Path) -> None:
    for name in ("old", "new", "claimed"):
        (tmp_path / ".staging" / name / "files").mkdir(parents=True)
    for name in ("old", "claimed"):
        for path in (tmp_path / ".staging" / name / "files", tmp_path / ".staging" / name):
            os.utime(path, (1000, 1000))
    (tmp_path / ".removing-1").mkdir()
    now_s = (tmp_path / ".staging/new").stat().st_mtime
    with claimed(tmp_path / ".claims", "claimed", lambda: False, lambda _: None):
        found = leftovers(tmp_path, now_s)
    assert [path.name for path in found] == [".removing-1", "old"]
    remove_leftovers(found)
    assert sorted(path.name for path in (tmp_path / ".staging").iterdir()) == ["claimed", "new"]
