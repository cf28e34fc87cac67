from __future__ import annotations

import json
from pathlib import Path

import pytest

from cajajejo.config.sweep.load import load_sweep
from cajajejo.errors import BadInputError
from cajajejo.planning.sweep_plan import PlanRequest, plan_sweep

EDITIONS = json.loads(Path(__file__).with_name("editions.json").read_text())
"""Generated sweep files, and the names and commands that two editions of the tool they were made for gave."""


def plan(tmp_path: Path, text: str, **how: object):
    file = tmp_path / "params.yaml"
    file.write_text(text)
    request = {"output": "output", "datetime": "2021-07-13.02:40:07", "time": "20210713.024007", **how}
    return plan_sweep(load_sweep(file).config, PlanRequest(**request))


@pytest.mark.parametrize("case", EDITIONS, ids=range(len(EDITIONS)))
def test_existing_files_give_the_same_names_folders_and_commands(tmp_path, case):
    tasks = plan(tmp_path, case["file"]).tasks
    found = [[task.name, {step.name: list(step.argv) for step in task.steps}] for task in tasks]
    assert found == case["tasks"]
    assert all(task.folder == f"output/{task.name}" for task in tasks)


HEAD = "template: {run: 'x {p}'}\nresource: [0]\n---\n"


def test_a_task(tmp_path):
    text = "template: {a: 'x {p} {_name} {_output} {_datetime} {_time}', b: 'y {p}'}\nresource: [0]\n---\np: 1\n"
    (task,) = plan(tmp_path, text).tasks
    assert (task.name, task.folder) == ("P_1", "output/P_1")
    assert [step.name for step in task.steps] == ["a", "b"]
    assert task.steps[0].argv == ("x", "1", "P_1", "output/P_1", "2021-07-13.02:40:07", "20210713.024007")
    assert task.steps[1].log == "output/P_1/log.b.2021-07-13.02:40:07"


def test_in_a_shared_folder_logs_carry_the_name(tmp_path):
    text = HEAD.replace("{p}", "{p} {_output}") + "p: 1\n"
    (task,) = plan(tmp_path, text, is_shared=True).tasks
    assert task.folder == ""
    assert task.steps[0].argv == ("x", "1", "output")
    assert task.steps[0].log == "output/log.run.2021-07-13.02:40:07.P_1"


def test_long_names_of_logs_fit_too(tmp_path):
    text = HEAD + "\n".join(f"{p}: {p * 99}" for p in "pqr")
    (task,) = plan(tmp_path, text, is_shared=True).tasks
    assert len(Path(task.steps[0].log).name.encode()) <= 255


def test_equal_points_run_once_under_the_first_name(tmp_path):
    found = plan(
        tmp_path, "template: {run: 'x {p}'}\nresource: [0]\ndefault: {q: 1}\n---\np: [1, 1]\n---\np: 1\nq: 1\n"
    )
    assert [task.name for task in found.tasks] == ["P_1"]
    assert found.repeated == 2


def test_equal_points_of_different_commands_are_one_task(tmp_path):
    text = (
        "template: {a: 'x {p}', b: 'y {p}', c: 'z {p}'}\nresource: [0]\n---\n_cmd: c\np: 1\n---\n_cmd: a\np: [1, 2]\n"
    )
    tasks = plan(tmp_path, text).tasks
    assert [(task.name, [step.name for step in task.steps]) for task in tasks] == [("P_1", ["a", "c"]), ("P_2", ["a"])]


def test_values_that_print_alike_get_folders_of_their_own(tmp_path):
    tasks = plan(tmp_path, HEAD + 'p: [1234567, 1234568, 1, "1", true, 1.0, T, a/b, a_b]\n').tasks
    names = [task.name for task in tasks]
    assert len(set(names)) == 9
    assert [name for name in names if "-" not in name] == ["P_1.23457e+06", "P_1", "P_T", "P_a_b"]


def test_what_succeeded_elsewhere_has_another_fingerprint(tmp_path):
    (before,) = plan(tmp_path, HEAD + "p: 1\n").tasks
    (same,) = plan(tmp_path, HEAD + "p: 1\n", datetime="2022-01-01.00:00:00", output="./output").tasks
    (moved,) = plan(tmp_path, HEAD + "p: 1\n", may_use=lambda point, name: name != "P_1").tasks
    (shared,) = plan(tmp_path, HEAD + "p: 1\n", is_shared=True).tasks
    prints = [task.steps[0].fingerprint for task in (before, same, moved, shared)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
    assert {task.key for task in (before, same, moved, shared)} == {before.key}


def test_too_many_points_are_refused_before_they_are_made(tmp_path):
    choices = "\n".join(f"p{number}: {list(range(100))}" for number in range(6)) + "\np: 1\n"
    with pytest.raises(BadInputError, match="1,000,000,000,000 points"):
        plan(tmp_path, HEAD + choices)
    assert len(plan(tmp_path, HEAD + choices, sample=10).tasks) == 10


def test_adding_a_document_or_reordering_the_choices_changes_no_name(tmp_path):
    text = HEAD + "p: [1234567, 2]\n"
    before = {task.key: task.name for task in plan(tmp_path, text).tasks}
    more = plan(tmp_path, HEAD + "p: [2, 1234568, 1234567]\n---\nq: 1\np: 3\n", known_names=before)
    after = {task.key: task.name for task in more.tasks}
    assert before.items() <= after.items()
    assert len(set(after.values())) == 4
