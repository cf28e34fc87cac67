from __future__ import annotations

import json
import re

import pytest

from cajajejo.errors import BadInputError
from cajajejo.sweeps.results import JsonPick, LogPick, read_results

ACC = LogPick("acc", re.compile(r"acc ([0-9.]+)"))


def test_tasks_with_folders(sweeper):
    command = "sh -c 'echo acc 0.1; echo acc 0.{p}; test {p} != 3'"
    sweeper.run(f"template: {{train: {json.dumps(command)}, test: 'echo acc 9'}}\nresource: [0]\n---\np: [10, 2, 3]\n")
    results = read_results(sweeper.output, [LogPick("acc", ACC.pattern, "train"), LogPick("last", re.compile("acc"))])
    assert [result.name for result in results] == ["P_2", "P_3", "P_10"]
    assert [result.code for result in results] == [0, 1, 0]
    assert [result.params for result in results] == [{"p": 2}, {"p": 3}, {"p": 10}]
    assert [result.values["acc"] for result in results] == [0.2, 0.3, 0.1]
    assert all(result.seconds is not None and result.values["last"] == "acc" for result in results)


def test_the_newest_log_counts(tmp_path):
    folder = tmp_path / "P_1"
    folder.mkdir()
    (folder / "param.json").write_text('{"_commands": {"run": "x"}, "p": 1}')
    (folder / "log.run.2021-07-13.02:40:07").write_text("acc 1\nacc 2\n")
    (folder / "log.run.2021-07-14.02:40:07").write_text("acc 3\n")
    (folder / "log.run.2020-07-14.02:40:07").write_text("acc 4\n")
    (result,) = read_results(tmp_path, [ACC])
    assert result.values == {"acc": 3}
    assert (result.code, result.seconds) == (None, None)


def test_values_of_json_files(tmp_path):
    folder = tmp_path / "P_1"
    folder.mkdir()
    (folder / "param.json").write_text('{"p": 1}')
    (folder / "out.json").write_text('{"eval": [{"f1": 0.5}, {"f1": 0.7}]}')
    picks = [
        JsonPick("last", "out.json", ("eval", "-1", "f1")),
        JsonPick("none", "out.json", ("eval", "5", "f1")),
        JsonPick("no_file", "other.json", ("a",)),
        JsonPick("not_json", "param.json", ("p", "q")),
    ]
    (result,) = read_results(tmp_path, picks)
    assert result.values == {"last": 0.7}


def test_tasks_in_a_shared_folder(sweeper):
    sweeper.run("template: {run: 'sh -c \"echo acc {p}; exit {p}\"'}\nresource: [0]\n---\np: [0, 4]\n", is_shared=True)
    results = read_results(sweeper.output, [ACC])
    assert [(result.name, result.params, result.code) for result in results] == [
        ("P_0", {"p": 0}, 0),
        ("P_4", {"p": 4}, 4),
    ]
    assert [result.values for result in results] == [{"acc": 0}, {"acc": 4}]


def test_no_results(tmp_path):
    with pytest.raises(BadInputError, match="no task"):
        read_results(tmp_path)
    with pytest.raises(BadInputError, match="there is no folder"):
        read_results(tmp_path / "no")


def test_numbers_in_names_are_sorted_by_their_size(tmp_path):
    names = ["Lr_1e-05-N_9", "Lr_0.03-N_9", "Lr_0.03-N_10", "Lr_0.1-N_1", "Lr_1-N_1", "Lr_1.5e+06-N_1", "Lr_adam-N_1"]
    for name in reversed(names):
        (tmp_path / name).mkdir()
        (tmp_path / name / "param.json").write_text('{"p": 1}')
    assert [result.name for result in read_results(tmp_path)][:6] == names[:6]


def folder_of(tmp_path, **files):
    folder = tmp_path / "P_1"
    folder.mkdir()
    (folder / "param.json").write_text('{"_commands": {"run": "x"}, "p": 1}')
    for name, text in files.items():
        (folder / name.replace("_json", ".json")).write_text(text)
    return folder


@pytest.mark.parametrize("seconds", ['"x"', "null", "1e999", "NaN", "[1]", "9" * 99])
def test_seconds_that_are_no_time_are_not_known(tmp_path, seconds):
    folder_of(tmp_path, stat_json=f'{{"run": {{"code": 0, "seconds": {seconds}}}}}')
    (result,) = read_results(tmp_path)
    assert (result.code, result.seconds) == (0, None)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": [1'], ids=["deep", "torn"])
def test_files_that_cannot_be_understood(tmp_path, text):
    folder_of(tmp_path, stat_json=text, out_json=text)
    (result,) = read_results(tmp_path, [JsonPick("a", "out.json", ("a",)), JsonPick("b", ".", ("a",))])
    assert (result.code, result.values) == (None, {})


def test_no_infinities_come_out(tmp_path):
    folder = folder_of(tmp_path, out_json='{"a": NaN, "b": [1e999]}')
    (folder / "param.json").write_text('{"p": Infinity}')
    (folder / "log.run.2021-07-13.02:40:07").write_text("acc nan\n")
    picks = [
        LogPick("acc", re.compile("acc (.*)")),
        JsonPick("a", "out.json", ("a",)),
        JsonPick("b", "out.json", ("b",)),
    ]
    (result,) = read_results(tmp_path, picks)
    assert result.params == {"p": "inf"}
    assert result.values == {"acc": "nan", "a": "nan", "b": ["inf"]}


@pytest.mark.parametrize("index", ["--1", "²", "-", "1_0"])
def test_what_is_no_index_of_a_list(tmp_path, index):
    folder_of(tmp_path, out_json='{"a": [1, 2]}')
    (result,) = read_results(tmp_path, [JsonPick("a", "out.json", ("a", index))])
    assert result.values == {}


def test_whose_log_it_is(tmp_path):
    folder = folder_of(tmp_path)
    (folder / "log.run.2021-07-13.02:40:07").write_text("acc 1\n")
    (folder / "log.run.folder").mkdir()
    (result,) = read_results(tmp_path, [LogPick(name, ACC.pattern, name) for name in ("run", "**", "r*n", "[", "..")])
    assert result.values == {"run": 1}


def test_parameters_that_were_torn_are_written_again(sweeper):
    text = "template: {run: 'echo {p}'}\nresource: [0]\n---\np: 1\n"
    sweeper.run(text, is_shared=True)
    book = sweeper.output / ".cajajejo" / "names.tsv"
    book.write_text(book.read_text()[:-4] + "\n")
    with pytest.raises(BadInputError):
        read_results(sweeper.output)
    sweeper.run(text, is_shared=True)
    (result,) = read_results(sweeper.output)
    assert result.params == {"p": 1}
