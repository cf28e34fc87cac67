"""The commands that the README shows exist, and the light ones stay light."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("helm", "mlflow", "torch", "kubernetes", "google.cloud", "transformers")
EXAMPLE = ("jobs/evaluation/debug.job_config.yml", "jobs/evaluation/app/debug.conf")

PROBE = """
import sys
from cajajejo.cli.main import main
sys.argv = ["cajajejo", *sys.argv[1:]]
try:
    code = main()
except SystemExit as end:
    code = end.code
print("LOADED", *(name for name in sys.modules), file=sys.stderr)
sys.exit(code)
"""


def run_cajajejo(*args: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """Runs the CLI in a process of its own; returns it and the modules that it had loaded at its end."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    loaded = re.search(r"^LOADED (.*)$", done.stderr, re.MULTILINE)
    return done, set(loaded[1].split()) if loaded else set()


def shown_commands() -> list[str]:
    """What the README shows, in blocks or in a sentence, that starts with `cajajejo` or `make`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.M | re.S) + re.findall(r"`([^`\n]+)`", text)
    lines = (re.sub(r"^\s*(\$ )?(\.venv/bin/)?", "", line) for part in shown for line in part.splitlines())
    return sorted({line.split(" #")[0].strip() for line in lines if re.match(r"(cajajejo|make)\b", line)})


def subcommand(command: str) -> tuple[str, ...]:
    """The words of a `cajajejo` command before its first argument or option."""
    words: list[str] = []
    for word in command.split()[1:]:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        words.append(word)
    return tuple(words)


def test_the_configs_of_the_readme_are_good(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (job,) = re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)
    (entries,) = re.findall(r"^```\n(entries.*?)^```", text, re.M | re.S)
    (tmp_path / "job_config.yml").write_text(job, encoding="utf-8")
    (tmp_path / "run_specs.conf").write_text(entries, encoding="utf-8")
    files = (str(tmp_path / "job_config.yml"), str(tmp_path / "run_specs.conf"))
    done, _ = run_cajajejo("jobs", "evaluation", "check", *files)
    assert done.returncode == 0, done.stderr


def test_the_readme_shows_commands() -> None:
    commands = shown_commands()
    assert "make quickstart" in commands
    assert "make test" in commands


def test_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = {command.split()[1] for command in shown_commands() if command.startswith("make ")}
    assert used <= targets


@pytest.mark.parametrize("words", sorted({subcommand(c) for c in shown_commands() if c.startswith("cajajejo")}))
def test_commands_of_the_readme_exist(words: tuple[str, ...]) -> None:
    done, _ = run_cajajejo(*words, "--help")
    assert done.returncode == 0, done.stderr
    assert words == () or words[-1] in done.stdout


@pytest.mark.parametrize(
    "args",
    [("--help",), ("jobs", "evaluation", "check", *EXAMPLE)],
    ids=["help", "check"],
)
def test_light_commands_import_nothing_heavy(args: tuple[str, ...]) -> None:
    done, loaded = run_cajajejo(*args)
    assert done.returncode == 0, done.stderr
    assert "cajajejo.cli.main" in loaded
    assert not [
        name for name in sorted(loaded) if name.startswith(tuple(f"{heavy}." for heavy in HEAVY)) or name in HEAVY
    ]
