from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo.store.finished import finished_entries, mark_finished
from cajajejo.store.layout import RunFolder

SAMPLES = b'{"entry": "a"}\n'


def marked(root: Path) -> RunFolder:
    folder = RunFolder(root)
    stats = folder.harness_output / "runs" / "stats.json"
    stats.parent.mkdir(parents=True)
    stats.write_text("[]")
    mark_finished(folder, "f1", outcome={"name": "a"}, samples=SAMPLES, files=["runs/stats.json"])
    return folder


def test_a_mark_holds_while_everything_is_there(tmp_path: Path) -> None:
    found = finished_entries(marked(tmp_path))
    assert found["f1"].outcome == {"name": "a"}
    assert found["f1"].samples == SAMPLES


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: (f.harness_output / "runs/stats.json").write_text("["),
        lambda f: (f.harness_output / "runs/stats.json").unlink(),
        lambda f: f.store.replace(f.sealed_samples("f1"), b""),
        lambda f: f.store.remove(f.sealed_samples("f1")),
        lambda f: f.store.replace(f.finished_mark("f1"), b'{"outcome": {'),
        lambda f: f.store.replace(f.finished_mark("f1"), b"[]"),
        lambda f: f.store.replace(f.finished_mark("f1"), b""),
    ],
    ids=["truncated", "gone", "samples emptied", "samples gone", "mark torn", "mark of another shape", "mark empty"],
)
def test_a_mark_does_not_hold_once_something_changed(tmp_path: Path, damage: Callable[[RunFolder], object]) -> None:
    folder = marked(tmp_path)
    damage(folder)
    assert finished_entries(folder) == {}
