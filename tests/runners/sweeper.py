"""A whole dispatch as a process: python sweeper.py OUTPUT SLOTS COMMAND...; prints its report as JSON."""

import dataclasses
import json
import os
import sys
from pathlib import Path

from cajajejo.errors import CajajejoError
from cajajejo.planning.task import Step, Task
from cajajejo.runners.dispatch import dispatch
from cajajejo.runners.local import LocalRunner
from cajajejo.runners.options import DispatchOptions
from cajajejo.runners.output import open_output
from cajajejo.runners.slots import make_slots
from runner_tasks import Notes


def main(output: Path, slots: int, commands: list[str]) -> int:
    tasks = []
    for number, command in enumerate(commands):
        folder = output / f"T_{number}"
        step = Step("run", ("sh", "-c", command), f"{folder}/log", "f")
        tasks.append(Task(f"k{number}", folder.name, str(folder), (step,)))
    notes = Notes(on_start=lambda: print("started", flush=True))
    with open_output(output) as state:
        runner = LocalRunner(os.environ, mark=state.journal.mark)
        options = DispatchOptions(grace_s=0.3)
        report = dispatch(tasks, runner, make_slots(range(slots)), state.journal, options, notes, notes)
    print(json.dumps({**dataclasses.asdict(report), "said": notes.said}))
    return int(report.exit_code)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
    except CajajejoError as error:
        print(f"{error}\n{error.remedy}", file=sys.stderr)
        sys.exit(int(error.exit_code))
