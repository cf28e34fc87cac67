from pathlib import Path

import pytest

from cajajejo.evaluation.code import absolute_paths, code_hash


def test_a_changed_plugin_is_noticed_whichever_way_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = tmp_path / "my_plugin.py"
    monkeypatch.syspath_prepend(str(tmp_path))
    ways = (
        ["--plugins", str(plugin)],
        [f"--plugins={plugin}"],
        ["--plugins", "my_plugin"],
        ["-m", "1", "--plugins", "x", str(plugin)],
    )
    plugin.write_text("VALUE = 1")
    before = [code_hash(way) for way in ways]
    assert before == [code_hash(way) for way in ways]
    plugin.write_text("VALUE = 2")
    assert all(old != code_hash(way) for old, way in zip(before, ways, strict=True))


def test_a_folder_of_plugins_counts_whole(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "__init__.py").write_text("")
    (tmp_path / "plugins" / "part.py").write_text("a = 1")
    before = code_hash(["--plugins", str(tmp_path / "plugins")])
    (tmp_path / "plugins" / "part.py").write_text("a = 2")
    assert code_hash(["--plugins", str(tmp_path / "plugins")]) != before


def test_what_is_no_plugin_does_not_count(tmp_path: Path) -> None:
    assert code_hash([]) == code_hash(["--max-eval-instances", "10"]) == code_hash(["--plugins", "no.such.module"])


def test_only_paths_of_what_is_there_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugin.py").write_text("")
    (tmp_path / "10").write_text("")
    assert absolute_paths(["--plugins", "plugin.py", "absent.py", "10", "a/b"]) == (
        "--plugins",
        str(tmp_path / "plugin.py"),
        "absent.py",
        "10",
        "a/b",
    )
