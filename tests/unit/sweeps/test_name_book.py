from __future__ import annotations

import pytest

from cajajejo.errors import StoreError
from cajajejo.planning.task import Step, Task
from cajajejo.sweeps.name_book import NameBook


def task(key: str, name: str) -> Task:
    return Task(key, name, f"output/{name}", (Step("run", ("true",), "log", ""),))


def test_what_is_added_is_read(tmp_path):
    path = tmp_path / "names.tsv"
    NameBook.read(path).add(path, [task("k1", "a b"), task("k2", "é")], None)
    NameBook.read(path).add(path, [task("k2", "é"), task("k3", "c")], None)
    assert path.read_text() == "k1\ta b\nk2\té\nk3\tc\n"
    assert NameBook.read(path).names == {"k1": "a b", "k2": "é", "k3": "c"}


def test_the_last_owner_of_a_name_counts(tmp_path):
    path = tmp_path / "names.tsv"
    for key in ("k1", "k2", "k1"):
        NameBook.read(path).add(path, [task(key, "a")], None)
        assert NameBook.read(path).owners == {"a": key}


def test_parameters_of_a_shared_folder(tmp_path):
    path = tmp_path / "names.tsv"
    NameBook.read(path).add(path, [task("k1", "a")], None)
    NameBook.read(path).add(path, [task("k1", "a")], {"k1": {"p": "x\ty\n"}})
    assert NameBook.read(path).params == {"k1": '{"p": "x\\ty\\n"}'}


def test_a_torn_last_line_tells_nothing_and_harms_nothing(tmp_path):
    path = tmp_path / "names.tsv"
    path.write_text("k1\ta\nk2\tb")
    book = NameBook.read(path)
    assert book.names == {"k1": "a"}
    book.add(path, [task("k3", "c")], None)
    assert NameBook.read(path).names == {"k1": "a", "k2": "b", "k3": "c"}


def test_a_folder_in_its_place_is_an_error_of_the_store(tmp_path):
    with pytest.raises(StoreError):
        NameBook.read(tmp_path)
    with pytest.raises(StoreError):
        NameBook().add(tmp_path, [task("k", "a")], None)
