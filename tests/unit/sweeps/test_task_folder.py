from __future__ import annotations

import pytest

from cajajejo.errors import StoreError
from cajajejo.sweeps.task_folder import codes_of, params_of


def test_an_empty_folder(tmp_path):
    assert params_of(tmp_path) == {}
    assert codes_of(tmp_path) == {}


def test_the_older_edition(tmp_path):
    (tmp_path / "param.json").write_text('{"p": 1}')
    (tmp_path / "stat.json").write_text('{"a": {"code": 0, "gpu": "0"}, "b": {"code": 1}, "c": {"code": true}, "d": 1}')
    assert params_of(tmp_path) == {"p": 1}
    assert codes_of(tmp_path) == {"a": 0, "b": 1}


def test_a_command_that_the_older_edition_has_not_come_to_has_no_code(tmp_path):
    (tmp_path / "stat.json").write_text('{"train": {"code": 0, "gpu": "0"}, "test": {"code": -1}}')
    assert codes_of(tmp_path) == {"train": 0}


def test_the_newer_edition(tmp_path):
    (tmp_path / "param").write_text("_name: P_1\n_scripts: {a: x}\np: 1\nday: 2021-07-13\n")
    (tmp_path / "stat").write_text("a: finished\nb: failed\nc: running\n")
    assert params_of(tmp_path) == {"_name": "P_1", "_scripts": {"a": "x"}, "p": 1, "day": "2021-07-13"}
    assert codes_of(tmp_path) == {"a": 0, "b": 1}


@pytest.mark.parametrize("text", ["a: [", "[1]", "1: 2", "p: !!python/object:os.x {}", "\x00"])
def test_what_cannot_be_understood_is_nobodys(tmp_path, text):
    (tmp_path / "param").write_text(text)
    assert params_of(tmp_path) is None


def test_a_folder_that_is_called_like_a_record_is_none(tmp_path):
    (tmp_path / "param").mkdir()
    assert params_of(tmp_path) is None


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "param").symlink_to("param")
    with pytest.raises(StoreError):
        params_of(tmp_path)


def test_a_folder_of_the_newer_edition_is_recognised(sweeper):
    text = "template: {a: 'echo {p}', b: 'echo b {p}'}\nresource: [0]\n---\np: 1\n"
    folder = sweeper.output / "P_1"
    folder.mkdir(parents=True)
    (folder / "param").write_text("_name: P_1\n_output: output/P_1\np: 1\n")
    (folder / "stat").write_text("a: finished\nb: running\n")
    sweeper.run(text)
    assert sweeper.ran == [("P_1", "b")]


def test_a_record_that_is_nested_too_deeply_is_nobodys(tmp_path):
    (tmp_path / "param").write_text("[" * 100_000)
    assert params_of(tmp_path) is None
