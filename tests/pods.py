"""Pods of one evaluation job, played by processes: each has a scratch folder of its own, all share the run's folder."""

import json
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from cajajejo.pod_protocol import LastWord, PodEvent, parse_event_line
from cajajejo.testing import write_run_entries
from commands import ROOT, Command, debug_config

PLUGIN = Path(__file__).with_name("many_plugin.py")
ENTRIES = (
    "many:questions=40,model=huggingface/model",
    "many:questions=150,model=huggingface/model",
    "dyck_language:model=huggingface/model,num_parenthesis_pairs=2",
)
CLI = (sys.executable, str(ROOT / "jobs/evaluation/cli.py"))
COUNT = """SELECT count(*) FROM unnamed WHERE key LIKE '%"engine": %'"""
"""Answers of the model, and not of its tokenizer."""
CONTEXT = {
    "CONFIG_VERSION": "v1",
    "HELM_CONFIG_PATH_GIT_REPO": "entries.conf",
    "CONFIG_PATH_GIT_REPO": "job.yml",
    "JOB_NAME": "eval-test",
    "CAJAJEJO_POD": "1",
}


class PodJob:
    """A job, and the pods that are started for it one after the other."""

    def __init__(self, root: Path, *, replacements: Mapping[str, str] | None = None, run_store: bool = True) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self._runs = root / "runs" if run_store else None
        args = {'    - "10"': f'    - "150"\n    - --num-threads\n    - "1"\n    - --plugins\n    - {PLUGIN}'}
        self._config = debug_config(root / "eval_config.yml", {**args, **(replacements or {})})
        self._entries = write_run_entries(root / "run_specs.conf", ENTRIES)
        self._pods = 0

    @property
    def run_folder(self) -> Path:
        """The run's folder; that of the newest pod where it does not outlive one."""
        return self._runs or self._scratch / "evaluation"

    @property
    def _scratch(self) -> Path:
        return self.root / f"scratch-{self._pods}"

    @property
    def last_word(self) -> LastWord | None:
        """What the newest pod has left."""
        return LastWord.parse((self.root / f"termination-{self._pods}").read_text())

    def pod(self, *arguments: str, **environment: str) -> Command:
        """The command of the next pod; the scratch disk of the one before is gone."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._pods += 1
        self._scratch.mkdir()
        log = self.root / f"termination-{self._pods}"
        log.touch()
        places = {
            "CAJAJEJO_CONFIG": str(self._config),
            "CAJAJEJO_HELM_CONFIG": str(self._entries),
            "CAJAJEJO_SCRATCH": str(self._scratch),
            "CAJAJEJO_TERMINATION_LOG": str(log),
            "TMPDIR": str(self._scratch / "tmp"),
        }
        if self._runs is not None:
            places["CAJAJEJO_RUN_FOLDER"] = str(self._runs)
        return Command(arguments or ("--trace", "evaluate", "--local"), CLI, {**CONTEXT, **places, **environment})

    @property
    def answers(self) -> int:
        """How many requests are answered for good."""
        return answers(self.run_folder)

    def computed(self, attempt: int) -> int:
        """See the function of that name."""
        return computed(self.run_folder, attempt)


def answers(run_folder: Path) -> int:
    """How many requests of a run are answered for good."""
    found = 0
    for path in run_folder.glob("cache/*/*.sqlite"):
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=30.0)) as connection:
            try:
                found += connection.execute(COUNT).fetchone()[0]
            except sqlite3.OperationalError:
                continue  # the table is being made
    return found


def computed(run_folder: Path, attempt: int) -> int:
    """How many requests the model answered in an attempt, by the harness's last word on each entry."""
    counts: dict[str, tuple[int, int]] = {}
    for line in (run_folder / f"attempt-{attempt}/events.jsonl").read_text().splitlines():
        event = json.loads(line) if line.endswith("}") else {"kind": "torn"}
        if event["kind"] == "requests":
            counts[event["data"]["entry"]] = (event["data"]["done"], event["data"]["reused"])
    return sum(done - reused for done, reused in counts.values())


def pod_events(stdout: str) -> list[PodEvent]:
    """The event lines among what a container printed."""
    return [event for line in stdout.splitlines() if (event := parse_event_line(line)) is not None]


def harness_pids(run_folder: Path) -> list[int]:
    """Processes that work for a run, other than its parent."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(part.startswith(f"{run_folder}/attempt-".encode()) for part in line):
            found.append(int(process.name))
    return found


def scores(folder: Path) -> list[object]:
    """What an evaluation came to, less times and places."""
    summary = json.loads((folder / "summary.json").read_text())
    return [(entry["name"], entry["score"], entry["shares"], entry["scores"]) for entry in summary["entries"]]


def alive(pids: list[int]) -> list[int]:
    """Those that have not ended."""
    return [pid for pid in pids if Path(f"/proc/{pid}").exists() and not is_zombie(pid)]


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
