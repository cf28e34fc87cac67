from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from cajajejo.config import load_run_entries
from cajajejo.config.hocon.run_entries import RunEntries, RunEntry
from cajajejo.config.source import Position
from cajajejo.errors import ConfigError
from unit.config.good_files import ENTRIES


def loaded(written, text: str):
    return load_run_entries(written(text))


@pytest.mark.parametrize(
    "text",
    [
        'entries: [{description: "a:b=c"}]',
        'entries = [ { description = "a:b=c" } ]',
        '{ "entries": [ { "description": "a:b=c" } ] }',
        "entries: [{description: \"\"\"a:b=c\"\"\"},]",
        'entries [\n{description: "a:b=c"}\n]'.replace("entries", "entries:"),
        'entries: [{description: "a:b=c", priority: null, groups: null}]',
        '// x\nentries: [ # y\n{description: "a:b=c"} // z\n]\n',
        "\ufeff" + 'entries: [{description: "a:b=c"}]',
    ],
)  # fmt: skip
def test_ways_to_write_an_entry(written, text):
    assert loaded(written, text).value == RunEntries((RunEntry("a:b=c"),))


@pytest.mark.parametrize(
    "description",
    ["a", "simple_mcqa", "a:b=c", "a:b=c=d", "a:b=", "a:b=c:d,e=1.5", "dyck_language:num_parenthesis_pairs=2"],
)
def test_good_descriptions(written, description):
    assert loaded(written, f'entries: [{{description: "{description}"}}]').value.entries[0].description == description


@pytest.mark.parametrize("description", [":a=b", "a b", "a,b=c", "a:", "a:b", "a:b=c,", "a:=c", "a:b c=d", "a:b=1,b=2"])
def test_bad_descriptions(written, description):
    with pytest.raises(ConfigError) as caught:
        loaded(written, f'entries: [{{description: "{description}"}}]')
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.key) == (1, 25, "entries[0].description")


def test_positions(written):
    entries = loaded(written, ENTRIES)
    assert entries.position(("entries", 1)) == Position(8, 3)
    assert entries.position(("entries", 1, "description")) == Position(8, 17)
    assert entries.position(("entries", 1, "groups", 1)) == Position(8, 92)
    assert entries.position(("entries", 1, "nothing")) == Position(8, 3)
    assert entries.position(("entries", 99)) == Position(3, 1)


def test_same_entry_twice_is_a_warning(written):
    text = 'entries: [\n{description: "a", priority: 1}\n{priority: 1, description: "a"}\n{description: "a"}]'
    (warning,) = loaded(written, text).warnings
    assert warning.headline().endswith(
        ":3:1: warning: entries[1]: the entry is the same as entries[0]; each entry once"
    )


def test_all_problems_at_once(written):
    text = 'entries: [\n{descripton: "a", priority: "1"}\n5\n{description: "a:b", groups: [1]}\n]'
    with pytest.raises(ConfigError) as caught:
        loaded(written, text)
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [
        (2, 1),
        (2, 2),
        (2, 29),
        (3, 1),
        (4, 15),
        (4, 31),
    ]


@pytest.mark.parametrize("text", ["{" * 500_000, "[" * 500_000, "entries: " + "[" * 14 + "]" * 14, "a{" * 20])
def test_nesting_is_refused_quickly(written, text):
    start = time.perf_counter()
    with pytest.raises(ConfigError, match="deeper than 12 levels"):
        loaded(written, text)
    assert time.perf_counter() - start < 2


def test_deepest_nesting_does_not_overflow(written):
    with pytest.raises(ConfigError, match="is not an object"):
        loaded(written, "entries: " + "[" * 12 + "]" * 12)


def test_too_many_values(written):
    with pytest.raises(ConfigError, match="more than 50,000 values"):
        loaded(written, "entries: [" + "1\n" * 60_000 + "]")


def test_nothing_else_is_opened_nor_the_environment_read(written, monkeypatch, tmp_path):
    secret = tmp_path / "secret.conf"
    secret.write_text("a: s3cr3t")
    monkeypatch.setenv("MY_SECRET", "s3cr3t")
    opened: list[object] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and "secret" in str(arguments[0]):
            opened.append(arguments[0])

    sys.addaudithook(watch)
    attempts = [
        f'include "{secret}"',
        f'a: include "{secret}"',
        f'a: ["b" include file("{secret}")]',
        f'a: b// include "{secret}"',
        f'a: null include required(file("{secret}"))',
        "a: ${MY_SECRET}",
        "a: ${?MY_SECRET}",
        'a: "x"${MY_SECRET}',
    ]
    for attempt in attempts:
        with pytest.raises(ConfigError) as caught:
            loaded(written, attempt + "\n" + ENTRIES)
        assert "s3cr3t" not in str(caught.value)
    watching = False
    assert opened == []


def test_size_limit(written):
    with pytest.raises(ConfigError, match="too large"):
        loaded(written, ENTRIES + "#" * 2**20)


def test_missing(tmp_path: Path):
    (tmp_path / "run_specs.conf").write_text(ENTRIES)
    with pytest.raises(ConfigError, match=f"did you mean {tmp_path}{os.sep}run_specs.conf"):
        load_run_entries(tmp_path / "run_spec.conf")


@pytest.mark.helm
@pytest.mark.filterwarnings("ignore")
def test_helm_reads_the_same(written):
    run_entry = pytest.importorskip("helm.benchmark.presentation.run_entry")
    path = written(ENTRIES)
    theirs = run_entry.read_run_entries([str(path)]).entries
    ours = load_run_entries(path).value.entries
    assert [(e.description, e.priority, e.groups) for e in theirs] == [
        (e.description, e.priority, None if e.groups is None else list(e.groups)) for e in ours
    ]
