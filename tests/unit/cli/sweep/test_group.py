"""Every line of the document that the command follows, and what it does better."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cajajejo.cli.main import program, run_app
from cajajejo.cli.sweep.group import spread

MINIMAL = "template:\n  run: echo run.py {param}\n\nresource: [ 0, 1 ]\n\n---\nparam: [ 1, 2, 3, 4 ]\n"
TITLES = """\
template:
  run: echo parse.py {file}

resource: [ 0, 1 ]

---
_title: machine1
file: [ text.txt.0, text.txt.1 ]

---
_title: machine2
file: [ text.txt.3, text.txt.4 ]
"""
COMMANDS = """\
template:
  train: echo train.py {file}
  test: echo test.py {file}

resource: [ 0, 1 ]

---
file: [ text.txt.0, text.txt.1 ]
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, name: str = "params.yaml") -> None:
    Path(name).write_text(text)


def logs(output: str = "output") -> dict[str, str]:
    """What each log holds, by folder and name without the date."""
    found = {}
    for path in Path(output).rglob("log.*"):
        kind, command = path.name.split(".")[:2]
        found[".".join([*path.relative_to(output).parts[:-1], kind, command])] = path.read_text()
    return found


def test_run(here, cli):
    write(MINIMAL)
    code, out, err = cli("sweep")
    assert code == 0
    assert out == "4 tasks: 4 done, 0 done before, 0 failed; " + out.rpartition("; ")[2]
    assert logs() == {f"Param_{number}.log.run": f"run.py {number}\n" for number in range(1, 5)}
    assert "4 tasks" in err


def test_run_with_an_output_folder_and_a_file(here, cli):
    write(MINIMAL, "my.yaml")
    assert cli("sweep", "-o", "here/there", "-y", "my.yaml")[0] == 0
    assert len(logs("here/there")) == 4
    assert not Path("output").exists()


def test_each_task_has_the_gpus_of_its_slot(here, cli):
    write("template:\n  run: printenv CUDA_VISIBLE_DEVICES {p:raw}\nresource: ['2,3']\n---\np: ['']\n")
    assert cli("sweep")[0] == 0
    assert logs() == {"P_.log.run": "2,3\n"}


@pytest.mark.parametrize("variable", ["HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"])
def test_other_makers_of_gpus(here, cli, variable):
    write(f"template:\n  run: printenv {variable} {{p:raw}}\nresource: [7]\n---\np: ['']\n")
    assert cli("sweep", "--device-variable", variable)[0] == 0
    assert logs() == {"P_.log.run": "7\n"}
    assert json.loads(Path("output/P_/param.json").read_text())["_commands"]["run"].startswith(f"{variable}=7 printenv")


def test_a_name_that_no_variable_has_is_refused(here, cli):
    write(MINIMAL)
    assert cli("sweep", "--device-variable", "A B")[0] == 2


def test_the_output_folder_of_a_task(here, cli):
    write("template:\n  run: echo --tensorboard_dir {_output}/tb {p}\nresource: [0]\n---\np: 1\n")
    cli("sweep")
    assert logs() == {"P_1.log.run": "--tensorboard_dir output/P_1/tb 1\n"}


def test_no_param_dir(here, cli):
    write("template:\n  run: echo parse.py {file} {_output}\nresource: [0, 1]\n---\nfile: [text.txt.0, text.txt.1]\n")
    assert cli("sweep", "-o", "output", "-y", "params.yaml", "--no-param-dir")[0] == 0
    names = sorted(path.name for path in Path("output").glob("log.*"))
    assert [name.split(".", 2)[1] for name in names] == ["run", "run"]
    assert [name.endswith((".File_text.txt.0", ".File_text.txt.1")) for name in names] == [True, True]
    assert Path("output", names[0]).read_text() == "parse.py text.txt.0 output\n"
    assert not [path for path in Path("output").iterdir() if path.is_dir() and path.name != ".cajajejo"]
    assert "2 done before" in cli("sweep", "--no-subdir")[1]


def test_debug_runs_the_first_choice_and_prints_its_output(here, capfd):
    write("template:\n  run: sh -c 'echo hello {p}; exit {p}'\nresource: [0]\n---\np: [3, 4]\n")
    assert run_app(program(), ["sweep", "-d"]) == 3
    assert capfd.readouterr().out == "hello 3\n"
    assert not Path("output/P_4").exists()


@pytest.mark.parametrize("option", [("--retry", "2"), ("--json",)])
def test_debug_refuses_what_it_cannot_do(here, cli, option):
    write(MINIMAL)
    code, out, err = cli("sweep", "-d", *option)
    assert (code, out) == (2, "")
    assert option[0] in err
    assert "-d " in err
    assert not Path("output").exists()
    assert cli("sweep", "-d", "--dry-run", *option)[0] == 0


def test_debug_ends_a_command_whose_time_is_over(here, cli):
    write("template:\n  run: sleep {p}\nresource: [0]\n---\np: [600]\n")
    assert cli("sweep", "-d", "--timeout", "0.1")[0] == 124


def test_titles(here, cli):
    write(TITLES)
    assert cli("sweep", "-t", "machine2")[0] == 0
    assert sorted(logs()) == ["File_text.txt.3.log.run", "File_text.txt.4.log.run"]
    code, _, err = cli("sweep", "-t", "machine3")
    assert code == 2
    assert "params.yaml:7:9: _title" in err
    assert "machine1, machine2" in err


def test_commands(here, cli):
    write(COMMANDS)
    assert cli("sweep", "-c", "test")[0] == 0
    assert sorted(logs()) == ["File_text.txt.0.log.test", "File_text.txt.1.log.test"]
    assert cli("sweep", "-c", "train", "test")[0] == 0
    assert len(logs()) == 4
    code, _, err = cli("sweep", "-c", "tset")
    assert code == 2
    assert "params.yaml:2:3: template" in err
    assert 'did you mean "test"' in err


def test_the_records_of_the_document(here, cli):
    write(
        """\
template:
  base: echo {curl} [bracket] {_datetime} {_name} {_output}
  pack: echo {curl} [bracket]
  remap: echo [alias_remap]
  replace: echo [alias_replace]
alias:
  alias_replace: [ alias_replaced1, alias_replaced2 ]
  alias_remap:
    remap1: { alias_remap_new_bracket1: 1, alias_remap_new_bracket2: 2 }
default:
  remap: remap1
  replace: 1
  remap_bracket: 0
  remap_curl: 0
  alias_replace: 1
  alias_remap: remap1
resource: [ 1 ]
---
curl: [ 1 ]
bracket: [ 1 ]
"""
    )
    assert cli("sweep")[0] == 0
    record = json.loads(Path("output/Curl_1-Bracket_1/param.json").read_text())
    date = record["_datetime"]
    name, folder = "Curl_1-Bracket_1", "output/Curl_1-Bracket_1"
    first = f"CUDA_VISIBLE_DEVICES=1 echo 1 --bracket 1 {date} {name} {folder} > {folder}/log.base.{date} 2>&1"
    remap = "CUDA_VISIBLE_DEVICES=1 echo --alias_remap_new_bracket1 1 --alias_remap_new_bracket2 2"
    replace = "CUDA_VISIBLE_DEVICES=1 echo --alias_replaced1 1 --alias_replaced2 1"
    assert record == {
        "_commands": {
            "base": first,
            "pack": f"CUDA_VISIBLE_DEVICES=1 echo 1 --bracket 1 > {folder}/log.pack.{date} 2>&1",
            "remap": f"{remap} > {folder}/log.remap.{date} 2>&1",
            "replace": f"{replace} > {folder}/log.replace.{date} 2>&1",
        },
        "_datetime": date,
        "_name": name,
        "_output": folder,
        "alias_remap": "remap1",
        "alias_replace": 1,
        "bracket": 1,
        "curl": 1,
        "remap": "remap1",
        "remap_bracket": 0,
        "remap_curl": 0,
        "replace": 1,
    }
    stat = json.loads(Path("output/Curl_1-Bracket_1/stat.json").read_text())
    assert {command: entry["code"] for command, entry in stat.items()} == dict.fromkeys(record["_commands"], 0)


def test_success_is_skipped_unless_forced(here, cli):
    write(MINIMAL)
    cli("sweep")
    assert cli("sweep")[1].startswith("4 tasks: 0 done, 4 done before, 0 failed")
    assert cli("sweep", "-f")[1].startswith("4 tasks: 4 done, 0 done before, 0 failed")


def test_a_failure_is_told_with_its_log_and_exit_code_1(here, cli):
    write("template:\n  run: sh -c 'echo oh no {p}; exit {p}'\nresource: [0]\n---\np: [0, 3]\n")
    code, out, _ = cli("sweep")
    assert code == 1
    assert "FAILED  P_3, run: exit code 3\n" in out
    assert "        | oh no 3\n" in out
    assert "2 tasks: 1 done, 0 done before, 1 failed" in out
    code, out, _ = cli("sweep", "--json")
    data = json.loads(out)
    assert (code, data["ok"], data["skipped"], data["failed"][0]["code"]) == (1, False, 1, 3)


def test_a_retry(here, cli):
    write("template:\n  run: sh -c 'mkdir {_output}/once || exit 0; exit {p}'\nresource: [0]\n---\np: 1\n")
    assert cli("sweep", "--retry", "1")[0] == 0


def test_a_timeout(here, cli):
    write("template:\n  run: sleep {p}\nresource: [0]\n---\np: 100\n")
    code, out, _ = cli("sweep", "--timeout", "0.1")
    assert code == 1
    assert "timed out" in out


def test_fail_fast(here, cli):
    write("template:\n  run: sh -c 'exit {p}'\nresource: [0]\n---\np: [1, 2, 3]\n")
    assert "1 failed, 2 not run" in cli("sweep", "--fail-fast")[1]
    assert "3 failed" in cli("sweep", "--keep-going")[1]


def test_a_program_that_is_not_there_is_a_failure_of_its_task(here, cli):
    write("template:\n  run: no-such-program {p}\nresource: [0]\n---\np: 1\n")
    code, out, _ = cli("sweep")
    assert code == 1
    assert "FAILED  P_1, run:" in out


def test_a_dry_run_prints_commands_and_changes_nothing(here, cli):
    write(MINIMAL)
    code, out, err = cli("sweep", "--dry-run")
    assert code == 0
    lines = out.splitlines()
    assert [line.split(" > ")[0] for line in lines] == [
        f"CUDA_VISIBLE_DEVICES={gpu} echo run.py {number}" for number, gpu in ((1, 0), (2, 1), (3, 0), (4, 1))
    ]
    assert err == "4 tasks would run in 2 slots; 0 would not\n"
    assert list(here.iterdir()) == [here / "params.yaml"]
    data = json.loads(cli("sweep", "--dry-run", "--json", "-d")[1])
    assert [command["argv"] for command in data["commands"]] == [["echo", "run.py", "1"]]
    cli("sweep")
    assert cli("sweep", "--dry-run")[1] == ""


def test_a_sample_is_the_same_every_time(here, cli):
    write("template:\n  run: echo {a} {b}\nresource: [0]\n---\na: [1, 2, 3, 4, 5, 6]\nb: [1, 2, 3, 4, 5, 6]\n")
    one, two, other = (cli("sweep", "--dry-run", "--sample", 5, "--seed", seed)[1] for seed in (1, 1, 2))
    names = [[line.split(" > ")[0] for line in out.splitlines()] for out in (one, two, other)]
    assert len(names[0]) == 5
    assert names[0] == names[1] != names[2]


def test_resources_of_the_command_line(here, cli):
    write(MINIMAL)
    out = cli("sweep", "--dry-run", "-r", "4,5", "6")[1]
    assert [line.split()[0] for line in out.splitlines()] == [
        "CUDA_VISIBLE_DEVICES=4,5",
        "CUDA_VISIBLE_DEVICES=6",
        "CUDA_VISIBLE_DEVICES=4,5",
        "CUDA_VISIBLE_DEVICES=6",
    ]
    assert cli("sweep", "-r", "0,0")[0] == 2


def test_what_is_wrong_with_the_file_is_told_before_anything_runs(here, cli):
    write("template:\n  run: echo {param} {parm}\nresource: []\n---\nparam: []\n")
    code, _, err = cli("sweep")
    assert code == 2
    assert "params.yaml:2:21: template.run: nothing defines {parm}" in err
    assert "did you mean {param}?" in err
    assert "params.yaml:3:11: resource: the list is empty" in err
    assert "params.yaml:5:8: param: the list of choices is empty" in err
    assert not Path("output").exists()


def test_a_missing_file(here, cli):
    code, _, err = cli("sweep")
    assert code == 2
    assert "params.yaml" in err


def test_a_parameter_that_no_template_uses_is_a_warning(here, cli):
    write(MINIMAL + "dummy: [1]\n")
    code, _, err = cli("sweep", "--dry-run")
    assert code == 0
    assert "params.yaml:8:8: warning: dummy: no template uses this parameter" in err


def test_results_is_a_command_and_may_be_a_folder(here, cli):
    write(MINIMAL)
    assert cli("sweep", "-o", "results")[0] == 0
    assert cli("sweep", "results", "results")[1].splitlines()[0].split() == ["param", "code", "seconds"]


def test_a_command_of_the_template_may_be_called_results(here, cli):
    write("template:\n  train: echo {p}\n  results: echo {p}\nresource: [0]\n---\np: 1\n")
    assert cli("sweep", "-c", "train", "results")[0] == 0
    assert sorted(logs()) == ["P_1.log.results", "P_1.log.train"]
    assert cli("sweep", "results", "output")[1].splitlines()[1].split()[:2] == ["P_1", "0"]


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        (["-c", "a", "b", "-f"], ["-c", "a", "-c", "b", "-f"]),
        (["-r", "0,1", "2", "-c", "a"], ["-r", "0,1", "-r", "2", "-c", "a"]),
        (["-r", "-1", "-1"], ["-r", "-1", "-r", "-1"]),
        (["-c", "a", "-1"], ["-c", "a", "-1"]),
        (["-c", "train", "results"], ["-c", "train", "-c", "results"]),
        (["results", "x"], ["results", "x"]),
        (["-o", "a", "results", "b"], ["-o", "a", "results", "b"]),
    ],
)
def test_several_values_behind_one_option(given, spelled):
    assert spread(given) == spelled


def test_an_output_folder_needs_a_name(here, cli):
    write(MINIMAL)
    assert cli("sweep", "-o", "")[0] == 2


@pytest.mark.parametrize("output", ["params.yaml", "params.yaml/below"])
def test_an_output_folder_that_is_a_file(here, cli, output):
    write(MINIMAL)
    code, _, err = cli("sweep", "-o", output)
    assert code == 2
    assert "is a file, or below one" in err


def test_gpus_of_the_command_line_are_found_where_it_says_so(here, cli, monkeypatch):
    write("template:\n  run: printenv CUDA_VISIBLE_DEVICES {p:raw}\nresource: [0]\n---\np: ['']\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    assert cli("sweep", "-r", "auto")[0] == 0
    assert logs() == {"P_.log.run": "7\n"}
    assert cli("sweep", "-r", "auto", "1")[0] == 2


def test_gpu_ids_of_the_command_line_may_have_spaces_as_in_the_file(here, cli):
    write(MINIMAL)
    assert "CUDA_VISIBLE_DEVICES=2,3 " in cli("sweep", "-r", "2, 3", "--dry-run")[1]


def test_a_time_limit_is_a_number(here, cli):
    write(MINIMAL)
    assert cli("sweep", "--timeout", "nan")[0] == 2


def test_a_name_never_leaves_the_output_folder(here, cli):
    write("template:\n  run: echo {p}\nresource: [0]\n---\np: [.., ../../x, /x, ./., a/../../b]\na/b: [1]\n")
    assert cli("sweep")[0] == 0
    folders = [path for path in here.rglob("*") if path.is_dir() and path.name != ".cajajejo"]
    assert {path.parent for path in folders} == {here, here / "output"}
    assert len(folders) == 6


def test_two_runs_at_once_the_second_refuses(here, cli):
    from cajajejo.runners.output import open_output

    write(MINIMAL)
    with open_output(Path("output")):
        code, _, err = cli("sweep")
    assert code == 3
    assert "output" in err
    assert cli("sweep")[0] == 0


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


@pytest.mark.parametrize("make", [_pipe, _endless, _huge, Path.mkdir])
@pytest.mark.parametrize("name", ["param.json", "param"])
def test_a_folder_without_a_readable_record_is_nobody_s(here, cli, make, name):
    write(MINIMAL)
    Path("output/Param_1").mkdir(parents=True)
    make(Path("output/Param_1", name))
    assert cli("sweep")[0] == 0
    folders = sorted(name for name, _, _ in (key.partition(".") for key in logs()))
    assert [folder for folder in folders if folder.startswith("Param_1")] == [folders[0]]
    assert folders[0].startswith("Param_1-")
    assert cli("sweep", "results", "output")[0] == 0


@pytest.mark.parametrize("make", [_pipe, _endless, _huge])
def test_what_has_taken_the_place_of_a_stat_file_tells_nothing(here, cli, make):
    write(MINIMAL)
    assert cli("sweep")[0] == 0
    Path("output/Param_1/stat.json").unlink()
    make(Path("output/Param_1/stat.json"))
    assert cli("sweep", "results", "output")[0] == 0
    assert cli("sweep", "-f")[0] == 0
    assert json.loads(Path("output/Param_1/stat.json").read_text())["run"]["code"] == 0


@pytest.mark.parametrize("make", [_pipe, _endless, Path.mkdir])
@pytest.mark.parametrize("name", [".cajajejo/journal.jsonl", ".cajajejo/names.tsv", ".cajajejo/lock", "params.yaml"])
def test_what_has_taken_the_place_of_the_state_is_told_at_once(here, cli, make, name):
    write(MINIMAL)
    Path("output/.cajajejo").mkdir(parents=True)
    make(Path("output", name))
    code, _, err = cli("sweep")
    assert code == 3
    assert f"output/{name}" in err
    assert "Do: " in err
    assert "room" not in err


def test_a_huge_list_of_names_is_told_at_once(here, cli):
    write(MINIMAL)
    Path("output/.cajajejo").mkdir(parents=True)
    _huge(Path("output/.cajajejo/names.tsv"))
    code, _, err = cli("sweep")
    assert code == 3
    assert "output/.cajajejo/names.tsv is too large" in err


@pytest.mark.parametrize("make", [_pipe, _endless, Path.mkdir])
def test_a_picked_value_is_not_in_what_is_no_file(here, cli, make):
    write(MINIMAL)
    assert cli("sweep")[0] == 0
    make(Path("output/Param_1/result.json"))
    assert cli("sweep", "results", "output", "--from-json", "f1=result.json:f1")[0] == 0


def test_an_option_before_results_is_named_as_it_can_be_given(here, cli):
    assert "--fail-fast is not about `results`" in cli("sweep", "--fail-fast", "results", "output")[2]
    assert "--keep-going is not about `results`" in cli("sweep", "--keep-going", "results", "output")[2]


@pytest.mark.parametrize("options", [("-f",), ("--no-param-dir",), ("-t", "x")])
def test_options_before_results_are_refused(here, cli, options):
    code, _, err = cli("sweep", *options, "results", "output")
    assert code == 2
    assert "is not about `results`: leave it out" in err
