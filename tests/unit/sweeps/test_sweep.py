from __future__ import annotations

import pytest

from cajajejo.errors import ConfigError
from cajajejo.sweeps.sweep import remaining

HEAD = "template: {run: 'echo {p}'}\nresource: [0]\n---\n"


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_planning_changes_nothing_on_disk(sweeper):
    sweep = sweeper.load(HEAD + "p: [1, 2]\n")
    assert [task.name for task in remaining(sweep, force=False)] == ["P_1", "P_2"]
    assert files(sweeper.folder) == ["params.yaml"]


def test_what_would_run(sweeper):
    sweeper.run(HEAD + "p: [1, 2]\n")
    before = files(sweeper.output)
    sweep = sweeper.load(HEAD + "p: [1, 2, 3]\n")
    assert [task.name for task in remaining(sweep, force=False)] == ["P_3"]
    assert [task.name for task in remaining(sweep, force=True)] == ["P_1", "P_2", "P_3"]
    assert files(sweeper.output) == before


def test_the_resources_of_the_command_line_replace_those_of_the_file(sweeper):
    sweep = sweeper.load(HEAD + "p: 1\n", resources=("2,3", "5"))
    assert [slot.devices for slot in sweep.slots] == ["2,3", "5"]


def test_existing_paths_are_named_by_their_last_part(sweeper):
    file = sweeper.folder / "data" / "x.txt"
    file.parent.mkdir()
    file.write_text("")
    sweep = sweeper.load(f"{HEAD}p: [{file}, {file}.no]\n")
    assert sweep.plan.tasks[0].name == "P_x.txt"
    assert sweep.plan.tasks[1].name.endswith("_data_x.txt.no")


def test_a_bad_file_makes_no_output_folder(sweeper):
    with pytest.raises(ConfigError):
        sweeper.load(HEAD + "p: []\n")
    assert not sweeper.output.exists()
