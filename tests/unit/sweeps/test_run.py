from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from unittest.mock import ANY

import pytest

from cajajejo.errors import BadInputError
from cajajejo.runners.options import DispatchOptions
from cajajejo.sweeps.run import run_first
from runner_tasks import wait_for

HEAD = "template: {run: 'echo {p}'}\nresource: [0]\n---\n"


def record(folder: Path, name: str = "param.json") -> dict:
    return json.loads((folder / name).read_text())


def on_terminal(sweeper, text: str, options: DispatchOptions = DispatchOptions()) -> int:  # noqa: B008 - frozen
    return run_first(sweeper.load(text), options, lambda _: None, os.environ)


def test_what_a_task_leaves_behind(sweeper):
    sweeper.run(HEAD + "p: [1, a b]\n")
    folder = sweeper.output / "P_a b"
    line = f"CUDA_VISIBLE_DEVICES=0 echo 'a b' > '{folder}/log.run.2021-07-13.02:40:07' 2>&1"
    assert record(folder) == {
        "_commands": {"run": line},
        "_datetime": "2021-07-13.02:40:07",
        "_name": "P_a b",
        "_output": str(folder),
        "p": "a b",
    }
    stat = record(folder, "stat.json")
    assert stat["run"]["code"] == 0
    assert stat["run"]["gpu"] == "0"
    assert (folder / "log.run.2021-07-13.02:40:07").read_text() == "a b\n"
    assert (sweeper.output / "params.yaml").read_text() == HEAD + "p: [1, a b]\n"


def test_the_recorded_line_can_be_pasted_into_a_shell(sweeper):
    sweeper.run('template: {run: \'echo "$CUDA_VISIBLE_DEVICES" {p} | cat\'}\nresource: [3]\n---\np: "it\'s; x"\n')
    (folder,) = (path for path in sweeper.output.iterdir() if path.name.startswith("P_"))
    log = folder / "log.run.2021-07-13.02:40:07"
    assert log.read_text() == "3 it's; x\n"
    log.unlink()
    assert os.system(record(folder)["_commands"]["run"]) == 0
    assert log.read_text() == "3 it's; x\n"


def test_what_succeeded_is_skipped(sweeper):
    sweeper.run(HEAD + "p: [1, 2]\n")
    assert sweeper.run(HEAD + "p: [1, 2, 3]\n").skipped == 2
    assert sweeper.ran == [("P_3", "run")]
    assert sweeper.run(HEAD + "p: [1, 2, 3]\n", DispatchOptions(force=True)).done == 3


def test_a_command_that_fails_ends_its_task_and_is_run_again(sweeper):
    text = "template: {a: 'echo {p}', b: 'sh -c \"exit {p}\"', c: 'echo {p}'}\nresource: [0]\n---\np: [0, 7]\n"
    report = sweeper.run(text)
    assert [(failure.name, failure.step, failure.code) for failure in report.failed] == [("P_7", "b", 7)]
    assert sweeper.ran == [("P_0", "a"), ("P_0", "b"), ("P_0", "c"), ("P_7", "a"), ("P_7", "b")]
    stat = record(sweeper.output / "P_7", "stat.json")
    assert {name: entry["code"] for name, entry in stat.items()} == {"a": 0, "b": 7}
    sweeper.run(text)
    assert sweeper.ran == [("P_7", "b")]


def test_commands_that_were_run_before_stay_in_the_record(sweeper):
    text = "template: {train: 'echo t {p}', test: 'echo e {p}'}\nresource: [0]\n---\np: 1\n"
    sweeper.run(text, commands=("train",))
    sweeper.run(text, commands=("test",))
    assert list(record(sweeper.output / "P_1")["_commands"]) == ["test", "train"]
    assert list(record(sweeper.output / "P_1", "stat.json")) == ["test", "train"]


def test_a_changed_command_is_run_again(sweeper):
    sweeper.run(HEAD + "p: 1\n")
    sweeper.run(HEAD.replace("echo", "echo x") + "p: 1\n")
    assert sweeper.ran == [("P_1", "run")]


def test_a_date_in_a_command_is_no_change(sweeper):
    text = HEAD.replace("{p}", "{p} {_datetime} {_output}") + "p: 1\n"
    sweeper.run(text)
    assert sweeper.run(text, output=f"{sweeper.folder}/./output").skipped == 1


def test_a_folder_of_another_point_is_never_reused(sweeper):
    head = "template: {run: 'echo {p} {q}'}\nresource: [0]\n"
    sweeper.run(f"{head}default: {{q: 1}}\n---\np: 1\n")
    sweeper.run(f"{head}default: {{q: 2}}\n---\np: 1\n")
    (other,) = (path for path in sweeper.output.iterdir() if path.name.startswith("P_1-"))
    assert (record(sweeper.output / "P_1")["q"], record(other)["q"]) == (1, 2)
    assert sweeper.run(f"{head}default: {{q: 1}}\n---\np: 1\n").skipped == 1
    assert sweeper.run(f"{head}default: {{q: 2}}\n---\np: 1\n").skipped == 1


def test_a_default_that_is_added_keeps_the_folder_and_runs_the_new_command(sweeper):
    sweeper.run(HEAD + "p: 1\n")
    sweeper.run("template: {run: 'echo {p} {q}'}\nresource: [0]\ndefault: {q: 5}\n---\np: 1\n")
    assert sweeper.ran == [("P_1", "run")]
    assert record(sweeper.output / "P_1")["q"] == 5
    # The folder now holds the results with q; those without it are made again elsewhere.
    assert sweeper.run(HEAD + "p: 1\n").done == 1
    assert sweeper.ran[0][0].startswith("P_1-")
    assert record(sweeper.output / "P_1")["q"] == 5


def test_reordering_the_file_runs_nothing_again(sweeper):
    head = "template: {run: 'echo {p} {q}'}\nresource: [0]\n---\n"
    sweeper.run(head + "p: [1234567, 1234568]\nq: 1\n")
    assert sweeper.run(head + "q: 1\np: [1234568, 1234567]\n").skipped == 2


def seed_folder(folder: Path, params: dict, stat: dict) -> None:
    folder.mkdir(parents=True)
    (folder / "param.json").write_text(json.dumps(params, indent=4))
    (folder / "stat.json").write_text(json.dumps(stat))


def test_a_folder_of_the_tool_before_is_recognised(sweeper):
    text = "template: {a: 'echo {p}', b: 'echo b {p}'}\nresource: [0]\n---\np: 1\n"
    recorded = {"_commands": {"a": "CUDA_VISIBLE_DEVICES=1 echo 1"}, "_name": "P_1", "p": 1}
    seed_folder(sweeper.output / "P_1", recorded, {"a": {"code": 0, "gpu": "1"}, "b": {"code": 1}})
    sweeper.run(text)
    assert sweeper.ran == [("P_1", "b")]
    assert record(sweeper.output / "P_1")["_commands"]["a"] == "CUDA_VISIBLE_DEVICES=1 echo 1"
    assert record(sweeper.output / "P_1", "stat.json")["a"] == {"code": 0, "gpu": "1"}


@pytest.mark.parametrize("recorded", ['{"p": true}', '{"p": "1"}', '{"p": 1.0}', '{"p": 1, "q": 2}', "{", "[]"])
def test_a_folder_of_the_tool_before_with_other_parameters_is_left_alone(sweeper, recorded):
    folder = sweeper.output / "P_1"
    seed_folder(folder, {}, {"run": {"code": 0}})
    (folder / "param.json").write_text(recorded)
    sweeper.run(HEAD + "p: 1\n")
    assert sweeper.ran[0][0].startswith("P_1-")
    assert (folder / "param.json").read_text() == recorded


def test_a_file_in_the_way_is_told_before_anything_runs(sweeper):
    sweeper.output.mkdir()
    (sweeper.output / "P_2").write_text("")
    with pytest.raises(BadInputError, match="P_2"):
        sweeper.load(HEAD + "p: [1, 2]\n")
    assert [path.name for path in sweeper.output.iterdir()] == ["P_2"]


def test_a_shared_folder(sweeper):
    text = HEAD.replace("echo {p}", "echo {p} {_output}") + "p: [1, 2]\n"
    assert sweeper.run(text, is_shared=True).done == 2
    logs = sorted(path.name for path in sweeper.output.iterdir() if path.name.startswith("log."))
    assert logs == ["log.run.2021-07-13.02:40:07.P_1", "log.run.2021-07-13.02:40:07.P_2"]
    assert (sweeper.output / logs[0]).read_text() == f"1 {sweeper.output}\n"
    assert not (sweeper.output / "P_1").exists()
    assert sweeper.run(text, is_shared=True).skipped == 2


def test_the_same_points_with_folders_of_their_own_are_other_work(sweeper):
    sweeper.run(HEAD + "p: 1\n", is_shared=True)
    assert sweeper.run(HEAD + "p: 1\n").done == 1
    assert (sweeper.output / "P_1" / "stat.json").exists()


def test_the_first_point_on_the_terminal(sweeper, capfd):
    text = "template: {run: 'sh -c \"echo hello {p}; exit {p}\"'}\nresource: [0]\n---\np: [0, 5]\n"
    assert on_terminal(sweeper, text) == 0
    assert capfd.readouterr().out == "hello 0\n"
    assert record(sweeper.output / "P_0", "stat.json")["run"]["code"] == 0
    assert not (sweeper.output / "P_5").exists()
    assert on_terminal(sweeper, text) == 0, "it runs again, done or not"
    sweeper.run(text)
    assert sweeper.ran == [("P_5", "run")]


def test_the_exit_code_of_the_first_point_is_that_of_its_command(sweeper, capfd):
    text = "template: {a: 'sh -c \"exit {p}\"', b: 'echo {p}'}\nresource: [0]\n---\np: [5]\n"
    assert on_terminal(sweeper, text) == 5
    assert capfd.readouterr().out == ""


def test_the_first_point_has_the_gpus_of_its_slot(sweeper, capfd):
    text = "template: {run: 'printenv CUDA_VISIBLE_DEVICES {p:raw}'}\nresource: ['2,3']\n---\np: ['']\n"
    assert on_terminal(sweeper, text) == 0
    assert capfd.readouterr().out == "2,3\n"


def test_of_the_first_point_nothing_goes_on_when_its_time_is_over(sweeper, capfd):
    left = sweeper.folder / "left"
    text = f"template: {{run: 'sleep 600 & echo $! > {left}; wait # {{p}}', b: 'echo b'}}\nresource: [0]\n---\np: 1\n"
    assert on_terminal(sweeper, text, DispatchOptions(timeout_s=0.5)) == 124
    assert record(sweeper.output / "P_1", "stat.json") == {"run": {"code": 124, "gpu": "0", "seconds": ANY}}
    process = Path("/proc", left.read_text().strip())
    wait_for(lambda: not process.exists(), "what the command had started was gone")
    assert capfd.readouterr().out == ""


def test_after_a_signal_the_first_point_is_not_gone_on_with(sweeper, capfd):
    text = f"template: {{a: 'kill -TERM {os.getpid()}', b: 'echo b {{p}}'}}\nresource: [0]\n---\np: 1\n"
    assert on_terminal(sweeper, text) == 143
    assert capfd.readouterr().out == ""
    assert list(record(sweeper.output / "P_1", "stat.json")) == ["a"]


def test_a_signal_before_the_first_point_changes_nothing_of_what_is_known(sweeper, monkeypatch, capfd):
    sweeper.run(HEAD + "p: 1\n")
    sweep = sweeper.load(HEAD + "p: 1\n")
    monkeypatch.setattr("cajajejo.sweeps.run.take_over", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    assert run_first(sweep, DispatchOptions(), lambda _: None, os.environ) == 130
    assert record(sweeper.output / "P_1", "stat.json")["run"]["code"] == 0
    assert sweeper.run(HEAD + "p: 1\n").skipped == 1


def test_the_name_of_the_copied_file_has_the_title(sweeper):
    sweeper.run(HEAD + "_title: one\np: 1\n", title="one")
    assert (sweeper.output / "params.yaml.one").exists()


def test_infinities_are_recorded_as_json_has_them(sweeper):
    sweeper.run(HEAD + "p: [.inf]\n")
    assert record(sweeper.output / "P_inf")["p"] == "inf"
    assert sweeper.run(HEAD + "p: [.inf]\n").skipped == 1


def test_a_long_title_does_not_stop_the_sweep(sweeper):
    title = "é" * 200
    assert sweeper.run(HEAD + f"_title: {title}\np: 1\n", title=title).done == 1
    (copy,) = sweeper.output.glob("params.yaml.*")
    assert len(copy.name.encode()) <= 255


def test_a_command_that_was_changed_after_a_run_on_the_terminal_is_run(sweeper, capfd):
    assert on_terminal(sweeper, HEAD + "p: 1\n") == 0
    assert sweeper.run(HEAD.replace("echo", "echo x") + "p: 1\n").done == 1


def test_what_failed_on_the_terminal_is_not_done(sweeper, capfd):
    script = sweeper.folder / "x.sh"
    script.write_text("exit 0")
    text = f"template: {{run: 'sh {script} {{p}}'}}\nresource: [0]\n---\np: 1\n"
    assert sweeper.run(text).done == 1
    script.write_text("exit 4")
    assert on_terminal(sweeper, text) == 4
    assert [failure.code for failure in sweeper.run(text).failed] == [4]


def test_infinities_of_the_tool_before_are_recognised(sweeper):
    seed_folder(sweeper.output / "P_inf", {"p": float("inf")}, {"run": {"code": 0}})
    assert sweeper.run(HEAD + "p: [.inf]\n").skipped == 1
