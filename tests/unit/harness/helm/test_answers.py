"""The cache of answers: HELM's format, and faults that end the process at once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.harness.helm.answers import Answers, set_damaged_aside

FULL = """
import resource, sys
from cajajejo.harness.helm.answers import Answers
answers = Answers(sys.argv[1])
answers.put({"prompt": "a"}, {"text": "b"})
resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for number in range(1000):
    answers.put({"prompt": str(number)}, {"text": "b" * 5000})
print("never")
"""


def test_an_answer_comes_back(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sqlite")
    Answers(path).put({"prompt": "a", "n": 1}, {"text": "b"})
    assert Answers(path).get({"n": 1, "prompt": "a"}) == {"text": "b"}
    assert Answers(path).get({"prompt": "a"}) is None
    assert list(Answers(path).get_all()) == [({"prompt": "a", "n": 1}, {"text": "b"})]
    Answers(path).remove({"prompt": "a", "n": 1})
    assert not Answers(path).contains({"prompt": "a", "n": 1})


def test_helm_reads_it_and_it_reads_helms(tmp_path: Path) -> None:
    store = pytest.importorskip("helm.common.key_value_store")
    path = str(tmp_path / "a.sqlite")
    Answers(path).put({"prompt": "ours"}, {"text": "1"})
    with store.SqliteKeyValueStore(path) as helms:
        assert helms.get({"prompt": "ours"}) == {"text": "1"}
        helms.put({"prompt": "é"}, {"text": "2"})
    assert Answers(path).get({"prompt": "é"}) == {"text": "2"}


def test_a_disk_that_cannot_be_written_ends_the_process_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "a.sqlite")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 3, done.stderr
    assert "never" not in done.stdout
    assert "cannot be used" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda raw: b"x" * len(raw)])
def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "a.sqlite"
    writer = sqlite3.connect(path)
    writer.execute("CREATE TABLE unnamed (key TEXT PRIMARY KEY, value BLOB)")
    writer.executemany("INSERT INTO unnamed VALUES (?, ?)", [(str(n), b"x" * 900) for n in range(100)])
    writer.commit()
    writer.close()
    assert set_damaged_aside(tmp_path) == []
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    (note,) = set_damaged_aside(tmp_path)
    assert "a.sqlite.damaged" in note
    assert not path.exists()


def test_an_empty_or_new_file_is_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"")
    assert set_damaged_aside(tmp_path) == []
