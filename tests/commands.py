"""Commands of cajajejo, run as a user types them, and what they leave behind."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEBUG_CONFIG = ROOT / "jobs/evaluation/debug.job_config.yml"
DEBUG_ENTRIES = ROOT / "jobs/evaluation/app/debug.conf"
PROGRAM = str(Path(sys.executable).with_name("cajajejo"))
WAIT_AT_MOST_S = 180.0


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


def debug_config(path: Path, replacements: Mapping[str, str]) -> Path:
    """Writes the debug config with some of its text replaced."""
    text = DEBUG_CONFIG.read_text()
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


def wait_until(
    ready: Callable[[], bool], process: "subprocess.Popen[str]", what: str, *, may_end: bool = False
) -> None:
    """Waits until something is so; fails if the process ends before (unless it may), or takes too long."""
    pause, deadline = threading.Event(), time.monotonic() + WAIT_AT_MOST_S
    while not ready():
        if process.poll() is not None:
            if may_end or ready():
                return
            pytest.fail(f"the run ended before {what}: {process.communicate()}")
        if time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"{WAIT_AT_MOST_S:.0f} s passed before {what}: {process.communicate()}")
        pause.wait(0.02)


def helm_stats(helm: Path) -> dict[str, list[dict[str, object]]]:
    """All of HELM's aggregates but the time it took, by entry."""
    found = {}
    for path in sorted((helm / "runs" / "v1").glob("*/stats.json")):
        stats = json.loads(path.read_text())
        found[path.parent.name] = [stat for stat in stats if stat["name"]["name"] != "inference_runtime"]
    return found
