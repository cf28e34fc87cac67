"""authenticate-kubectl, docker-login, and what all tasks have in common."""

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from commands import ROOT
from fake_programs import FakePrograms

Invoke = Callable[..., "CompletedProcess[str]"]
TASKS = (
    "authenticate-kubectl",
    "bench",
    "build-and-push-job-image",
    "docker-login",
    "docs",
    "get-job-logs",
    "lint",
    "quickstart",
    "submit-evaluation-job",
    "test",
)


def test_all_tasks_and_their_help(invoke: Invoke) -> None:
    listed = invoke("--list").stdout
    assert [name for name in TASKS if f"\n  {name} " not in listed] == []


@pytest.mark.parametrize("task", TASKS)
def test_each_task_has_help_and_a_dry_run(invoke: Invoke, task: str) -> None:
    shown = invoke("--help", task).stdout
    assert "Docstring:\n  none" not in shown
    assert "--dry " in shown
    options = [line for line in shown.splitlines() if line.startswith("  --")]
    assert [line for line in options if len(line.split()) == 1] == [], "an option without a word about it"


def test_kubectl(invoke: Invoke, programs: FakePrograms) -> None:
    programs.add("gcloud", "kubeconfig entry generated\n")
    programs.add("gke-gcloud-auth-plugin")
    done = invoke("authenticate-kubectl")
    assert done.returncode == 0, done.stderr
    assert "kubeconfig entry generated" in done.stderr
    wanted = "container clusters get-credentials autopilot-cluster-1 --location europe-west4 --project my-project"
    assert programs.calls("gcloud") == [wanted.split()]


def test_docker(invoke: Invoke, programs: FakePrograms) -> None:
    programs.add("gcloud")
    programs.add("docker")
    assert invoke("docker-login").returncode == 0
    assert programs.calls("gcloud") == [["auth", "configure-docker", "europe-west4-docker.pkg.dev", "--quiet"]]


@pytest.mark.parametrize("before", [True, False])
def test_a_dry_run_prints_the_command(invoke: Invoke, programs: FakePrograms, before: bool) -> None:
    programs.add("gcloud")
    done = invoke(*(("--dry", "authenticate-kubectl") if before else ("authenticate-kubectl", "--dry")))
    wanted = (
        "gcloud container clusters get-credentials autopilot-cluster-1 --location europe-west4 --project my-project"
    )
    assert (done.returncode, done.stdout) == (0, f"{wanted}\n")
    assert programs.calls("gcloud") == []


def test_the_environment_goes_before_the_file(invoke: Invoke) -> None:
    done = invoke("authenticate-kubectl", "--dry", INVOKE_CAJAJEJO_CLUSTER="other")
    assert " other " in done.stdout


def test_without_gcloud(invoke: Invoke, programs: FakePrograms, checkout: Path) -> None:
    folders = (folder for folder in os.environ["PATH"].split(":") if not (Path(folder) / "gcloud").exists())
    done = invoke("authenticate-kubectl", PATH=":".join(folders))
    assert done.returncode == 2
    assert done.stderr.startswith("error: gcloud is not installed, or not on PATH\nDo: ")
    assert "Traceback" not in done.stderr


def test_without_configuration(invoke: Invoke, checkout: Path) -> None:
    (checkout / "invoke.yaml").unlink()
    done = invoke("authenticate-kubectl")
    assert done.returncode == 2
    assert "not configured: cajajejo.project, cajajejo.region, cajajejo.cluster" in done.stderr
    assert "invoke.yaml.example" in done.stderr


def test_a_setting_that_is_misspelled(invoke: Invoke, checkout: Path) -> None:
    (checkout / "invoke.yaml").write_text("cajajejo: {regio: x}\n")
    done = invoke("authenticate-kubectl")
    assert done.returncode == 2
    assert done.stderr == "error: invoke.yaml: cajajejo.regio is not a setting\nDo: did you mean region?\n"


@pytest.mark.parametrize(
    "text",
    [
        *("cajajejo: [\n", "cajajejo: a: b\n", "\xff", "cajajejo: text\n", "- a\n", "text", "a: 1\n---\nb: 2\n"),
        *("cajajejo: {project: 3}\n", "cajajejo: {1: x}\n", "~: x\n", "cajajejo: {region: a, region: b}\n"),
        *("run: 3\n", "tasks: {executor_class: {a: 1}, auto_dash_names: }\nrun: {env: x}\n", "a: 2024-99-99\n"),
    ],
)
def test_a_file_that_is_wrong(invoke: Invoke, checkout: Path, text: str) -> None:
    (checkout / "invoke.yaml").write_text(text, encoding="latin-1")
    done = invoke("authenticate-kubectl", "--dry")
    assert (done.returncode, done.stdout) == (2, "")
    assert "invoke.yaml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "text"), [("invoke.yml", "cajajejo: ["), ("invoke.json", "{"), ("other.yaml", "- a"), ("other.yaml", None)]
)
def test_other_files_of_invoke(invoke: Invoke, checkout: Path, name: str, text: str | None) -> None:
    (checkout / "invoke.yaml").unlink()
    if text is not None:
        (checkout / name).write_text(text)
    named = {"INVOKE_RUNTIME_CONFIG": name} if name == "other.yaml" else {}
    done = invoke("authenticate-kubectl", "--dry", **named)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_a_variable_and_a_file_that_contradict_each_other(invoke: Invoke, checkout: Path) -> None:
    (checkout / "invoke.yaml").write_text("run: {dry: [a]}\n")
    done = invoke("authenticate-kubectl", "--dry", INVOKE_RUN_DRY="1")
    assert done.returncode == 2
    assert done.stderr.startswith("error: invoke cannot use its configuration: Can't adapt an environment string")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("get-job-logs",), "error: get-job-logs lacks NAME\nDo: for example: invoke get-job-logs eval-"),
        (("submit-evaluation-job", "a.yml"), "error: submit-evaluation-job lacks HELM_CONFIG\nDo: for example: "),
        (("build-and-push-job-image",), "Do: for example: invoke build-and-push-job-image evaluation\n"),
        (("get-job-logs", "--shift-amout", "3", "eval-x"), "Do: did you mean --shift-amount?"),
        (("get-job-logs", "eval-x", "--shift-amount"), "error: --shift-amount needs a value"),
        (("get-job-log", "eval-x"), "Do: did you mean get-job-logs?"),
        (("--help", "nosuch"), "error: there is no task 'nosuch'"),
    ],
)
def test_arguments_that_are_wrong(invoke: Invoke, arguments: tuple[str, ...], told: str) -> None:
    done = invoke(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("x", "--help")])
def test_help_behind_the_task(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    done = invoke("submit-evaluation-job", *arguments)
    assert done.returncode == 0, done.stderr
    assert "HELM_CONFIG, required" in done.stdout


def test_a_file_whose_name_begins_with_a_dash(invoke: Invoke, checkout: Path) -> None:
    done = invoke("submit-evaluation-job", "--config=-x.yml", "--helm-config", "-y.conf")
    assert (done.returncode, done.stderr) == (2, "error: there is no file -x.yml\n")


def test_several_tasks_in_one_command(invoke: Invoke) -> None:
    done = invoke("docker-login", "--dry", "build-and-push-job-image", "evaluation", "--dry")
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["gcloud", "auth"],
        ["docker", "build"],
        ["docker", "push"],
    ]


@pytest.mark.parametrize("text", ["", "cajajejo:\n", "# nothing\n", "other: {a: 1}\n"])
def test_a_file_without_settings(invoke: Invoke, checkout: Path, text: str) -> None:
    (checkout / "invoke.yaml").write_text(text)
    variables = {f"INVOKE_CAJAJEJO_{name}": "x" for name in ("PROJECT", "REGION", "CLUSTER")}
    done = invoke("authenticate-kubectl", "--dry", **variables)
    wanted = "gcloud container clusters get-credentials x --location x --project x\n"
    assert (done.returncode, done.stdout) == (0, wanted), done.stderr


def test_the_example_shows_every_setting() -> None:
    from cajajejo.workplace.settings import Settings

    shown = yaml.safe_load((ROOT / "invoke.yaml.example").read_text())["cajajejo"]
    assert set(shown) == set(Settings.__dataclass_fields__)
    assert Settings.from_mapping(shown).local_image == Settings().local_image


@pytest.mark.parametrize(("task", "command"), [("test", "make test"), ("quickstart", "make quickstart")])
def test_make_targets(invoke: Invoke, task: str, command: str) -> None:
    assert invoke(task, "--dry").stdout == f"{command}\n"
