"""What the docs show can be typed: what needs nothing but this machine runs, of the rest each word is known.

Run: `make -n`, `cp`, invoke's tasks with `--dry`, and the commands of cajajejo that ask nobody. Not run: what needs a
cluster, docker, an index or a model that is not here; there the subcommand and all its options must exist.
"""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from shown_commands import Shown, all_commands

OFFLINE = (
    ("jobs", "evaluation", "check"),
    ("jobs", "evaluation", "parse-job"),
    ("jobs", "rbac"),
    ("schema", "job"),
)
COMMANDS = all_commands()
CAJAJEJO = [command for command in COMMANDS if command.program == "cajajejo"]


def run(text: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def is_offline(command: Shown) -> bool:
    if command.program == "invoke":
        return "--dry" in command.words
    return command.program == "cp" or any(tuple(command.words[1 : 1 + len(words)]) == words for words in OFFLINE)


def subcommand(words: list[str]) -> list[str]:
    """The words of a command of cajajejo before its first argument or option."""
    end = next((place for place, word in enumerate(words) if not re.fullmatch(r"[a-z][a-z-]*", word)), len(words))
    return words[:end]


def test_the_docs_show_commands() -> None:
    shown = {command.program for command in COMMANDS}
    assert {"cajajejo", "invoke", "make", "docker"} <= shown
    assert sum(is_offline(command) for command in COMMANDS) >= 8


@pytest.mark.usefixtures("programs_on_path")
@pytest.mark.parametrize("page", sorted({command.page for command in COMMANDS if is_offline(command)}))
def test_what_can_run_offline_runs_in_its_order(page: str, checkout: Path) -> None:
    for command in COMMANDS:
        if command.page == page and is_offline(command):
            done = run(command.text, checkout)
            assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.program == "make"], ids=str)
def test_make_knows_the_target(command: Shown, checkout: Path) -> None:
    done = run(command.text.replace("make", "make --dry-run", 1), checkout)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("programs_on_path")
@pytest.mark.parametrize("command", CAJAJEJO, ids=str)
def test_cajajejo_knows_the_words(command: Shown, checkout: Path) -> None:
    words = command.words[1:]
    names = subcommand(words)
    while names:
        shown = run(shlex.join(["cajajejo", *names, "--help"]), checkout)
        if shown.returncode == 0:
            break
        names.pop()  # it was an argument
    assert names, f"there is no such command: {command}"
    options = [word.partition("=")[0] for word in words if re.fullmatch(r"--?[a-z][a-z-]*(=.*)?", word)]
    known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", shown.stdout))
    assert [option for option in options if option not in known] == []


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.program == "docker"], ids=str)
def test_what_docker_is_given_to_mount_exists(command: Shown, checkout: Path) -> None:
    mounted = re.findall(r"src=\$\(pwd\)/([^,]+),", " ".join(command.words))
    assert [path for path in mounted if not (checkout / path).exists()] == []
