"""Kills a dispatch at random moments, again and again, and looks after each kill whether what it tells is true.

    python killed_often.py FOLDER KILLS SEED

Each task notes in files of its own that it begins and that it ends, and holds a file lock meanwhile. What must hold:

- a task that the journal calls done has ended at least once, and never begins again;
- no two runs of one task overlap, however the dispatch before was killed;
- when a dispatch comes to its end, every task is done, and is recorded as done once.

Prints what was seen as JSON; exits with 1 and the first broken rule.
"""

import json
import os
import random
import select
import signal
import sys
import traceback
from collections import Counter
from pathlib import Path

from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Slot, StepEnd, Totals
from cajajejo.runners.dispatch import dispatch
from cajajejo.runners.journal import Journal
from cajajejo.runners.local import LocalRunner
from cajajejo.runners.options import DispatchOptions
from cajajejo.runners.output import STATE_FOLDER, open_output
from cajajejo.runners.slots import make_slots

TASKS = 60
SLOTS = 6
EFFECT = """
exec 9> {base}.lock
flock -n 9 || echo overlap > {base}.overlap
echo x >> {base}.begin
{work}
echo x >> {base}.end
"""
WORKS = (
    "sleep 0.0{n}",
    "sleep 0.0{n}",
    ":",
    # Does not listen, and has a child that does not either.
    "trap '' TERM; sh -c \"trap '' TERM; sleep 0.1\" & wait $!",
    # A child in a session of its own, which a killed group leaves behind; it holds the lock as well.
    "setsid sleep 0.1 & wait $!",
    "exec > /dev/null 2>&1; sleep 0.05",
)


class Silent:
    """A recorder that writes as a sweep's does, and a listener that says nothing."""

    tick_s = None

    def planned(self, totals: Totals) -> None: ...

    def started(self, task: Task, *place: object) -> None:
        Path(task.folder, "param.json").write_text("{}")

    def step_ended(self, task: Task, step: Step, code: int, slot: Slot) -> None:
        Path(task.folder, "stat.json").write_text(str(code))

    def ended(self, end: StepEnd) -> None: ...

    def taken_back(self, task: Task) -> None: ...

    def say(self, text: str) -> None: ...

    def tick(self) -> None: ...


class BrokenRuleError(Exception):
    """A rule that must hold does not."""


def tasks_in(output: Path, effects: Path, chance: random.Random) -> list[Task]:
    tasks = []
    for number in range(TASKS):
        key, folder = f"k{number}", output / f"T_{number}"
        work = chance.choice(WORKS).format(n=chance.randrange(1, 9))
        script = EFFECT.format(base=effects / key, work=work)
        tasks.append(Task(key, folder.name, str(folder), (Step("run", ("sh", "-c", script), f"{folder}/log", "f"),)))
    return tasks


def run_all(output: Path, tasks: list[Task]) -> None:
    """The whole life of a dispatch."""
    with open_output(output) as state:
        runner = LocalRunner(os.environ, mark=state.journal.mark)
        notes = Silent()
        dispatch(tasks, runner, make_slots(range(SLOTS)), state.journal, DispatchOptions(grace_s=0.1), notes, notes)


def killed_after(output: Path, tasks: list[Task], delay_s: float) -> bool:
    """Runs a dispatch in a process, and kills that after a while. Returns whether it had come to its end before."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            run_all(output, tasks)
            code = 0
        except BaseException:  # noqa: BLE001 - a forked process may not go on as its parent
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    descriptor = os.pidfd_open(pid)
    select.select([descriptor], [], [], delay_s)
    os.close(descriptor)
    os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise BrokenRuleError(f"a dispatch ended with {status}")
    return status == 0


def count(effects: Path, key: str, what: str) -> int:
    path = effects / f"{key}.{what}"
    return path.read_text().count("x") if path.exists() else 0


def recorded(output: Path) -> Counter[str]:
    """How often each task is recorded as done; a torn line tells nothing."""
    counts: Counter[str] = Counter()
    path = output / STATE_FOLDER / "journal.jsonl"
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if "end" in event and event["code"] == 0:
            counts[event["end"]] += 1
    return counts


def check(output: Path, effects: Path, begins_when_done: dict[str, int]) -> None:
    for key, times in recorded(output).items():
        begins = count(effects, key, "begin")
        if times != 1:
            raise BrokenRuleError(f"{key} is recorded as done {times} times")
        if count(effects, key, "end") < 1:
            raise BrokenRuleError(f"{key} is called done, but has never ended")
        if begins_when_done.setdefault(key, begins) != begins:
            raise BrokenRuleError(f"{key} was done, and has begun again")
    overlaps = [path.stem for path in effects.glob("*.overlap")]
    if overlaps:
        raise BrokenRuleError(f"two runs at once of {overlaps}")


def main(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    done = rounds = repeated = 0
    while done < kills:
        output, effects = folder / f"output{rounds}", folder / f"effects{rounds}"
        effects.mkdir(parents=True)
        tasks, seen = tasks_in(output, effects, chance), dict[str, int]()
        has_ended = False
        while not has_ended and done < kills:
            has_ended = killed_after(output, tasks, chance.uniform(0.0, 0.25))
            done += not has_ended
            check(output, effects, seen)
        run_all(output, tasks)
        check(output, effects, seen)
        if len(seen) != TASKS:
            raise BrokenRuleError(f"{TASKS - len(seen)} tasks were lost")
        repeated += sum(count(effects, key, "begin") - 1 for key in seen)
        rounds += 1
    journal = Journal(output / STATE_FOLDER / "journal.jsonl")
    assert journal.killed is None
    journal.abandon()
    print(json.dumps({"kills": done, "tasks": rounds * TASKS, "repeated": repeated}))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    except BrokenRuleError as broken:
        sys.exit(str(broken))
