"""Commands of cajajejo, run as a user types them, and what they leave behind."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEBUG_CONFIG = ROOT / "jobs/evaluation/debug.job_config.yml"
DEBUG_ENTRIES = ROOT / "jobs/evaluation/app/debug.conf"
PROGRAM = str(Path(sys.executable).with_name("cajajejo"))


@dataclass
class Command:
    """A command of cajajejo as a user types it."""

    arguments: tuple[str, ...]
    program: tuple[str, ...] = (PROGRAM,)
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT

    def start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.program, *self.arguments],
            env={**os.environ, **self.environment},
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self) -> "subprocess.CompletedProcess[str]":
        with self.start() as process:
            stdout, stderr = process.communicate(timeout=300)
        return subprocess.CompletedProcess(self.arguments, process.returncode, stdout, stderr)


def run_command(folder: Path, *options: str, config: Path = DEBUG_CONFIG, entries: Path = DEBUG_ENTRIES) -> Command:
    return Command(("jobs", "evaluation", "run", str(config), str(entries), "--output-dir", str(folder), *options))


def wait_for_event(folder: Path, kind: str, process: "subprocess.Popen[str]", *, attempt: int = 1) -> None:
    """Waits until a run has come so far; fails if it ends before."""
    path = folder / f"attempt-{attempt}" / "events.jsonl"
    needle = f'"kind": "{kind}"'
    while process.poll() is None:
        if path.exists() and needle in path.read_text(errors="replace"):
            return
        os.sched_yield()
    pytest.fail(f"the run ended before {kind}: {process.communicate()}")


def wait_for_file(folder: Path, process: "subprocess.Popen[str]") -> None:
    """Waits until there is a file in a folder; fails if the process ends before."""
    while process.poll() is None:
        if folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
            return
        os.sched_yield()
    pytest.fail(f"the run ended before there was a file in {folder}: {process.communicate()}")


def helm_stats(helm: Path) -> dict[str, list[dict[str, object]]]:
    """All of HELM's aggregates but the time it took, by entry."""
    found = {}
    for path in sorted((helm / "runs" / "v1").glob("*/stats.json")):
        stats = json.loads(path.read_text())
        found[path.parent.name] = [stat for stat in stats if stat["name"]["name"] != "inference_runtime"]
    return found
