"""How fast are sweeps, against mlrunner 0.5.9? Targets: the tasks per second, times and memory printed below.

`true {i}` over 8 slots, with a folder, param.json, stat.json and a log for each task, as both write them; on tmpfs
and on disk, first runs and runs with everything done. mlrunner is installed in an environment of its own below
`~/.cache/cajajejo/bench`, and compiled.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from _pairs import (
    BIN,
    Measurement,
    compare,
    compile_packages,
    environment,
    measure,
    medians,
    parse_pairs,
    record,
    run_in_turn,
)

PEER = "mlrunner==0.5.9"
PEER_ENVIRONMENT = Path.home() / ".cache" / "cajajejo" / "bench" / PEER.replace("==", "-")
SLOTS = 8
OURS, THEIRS = "cajajejo", "mlrunner"
TARGETS = {"tmpfs": 2.5, "disk": 1.5}
"""How many times as fast, with a folder for each task."""
TMPFS = Path("/dev/shm")
PRETEND_DONE = """
from pathlib import Path
from cajajejo.runners.output import STATE_FOLDER, open_output
from cajajejo.sweeps.name_book import NAME_BOOK
from cajajejo.sweeps.sweep import SweepRequest, load

sweep = load(SweepRequest(Path("params.yaml"), "many"), {})
with open_output(Path("many")) as state:
    sweep.book.add(Path("many") / STATE_FOLDER / NAME_BOOK, sweep.plan.tasks, None)
    for task in sweep.plan.tasks:
        for step in task.steps:
            state.journal.adopt(task, step)
"""


def main() -> None:
    """Measures, prints and records."""
    pairs = parse_pairs(5, __doc__)
    compile_packages()
    peer = make_peer()
    figures: dict[str, object] = {}
    places = {"disk": Path(tempfile.gettempdir())} | ({"tmpfs": TMPFS} if TMPFS.is_dir() else {})
    for place, root in places.items():
        with bench_folder(root) as folder:
            write_sweep(folder, 2000)
            first = in_turn(folder, peer, pairs)
            tell(figures, f"2,000 tasks on {place}", first, "wall_s", 1 / TARGETS[place])
            if place == "tmpfs":
                tell(figures, "peak memory", first, "largest_mib", 1.5)
                again = in_turn(folder, peer, pairs, again=True)
                tell(figures, "the second run, all done", again, "wall_s", 1 / 10)
                write_sweep(folder, 100)
                tell(figures, "100 tasks, the whole command", in_turn(folder, peer, 2 * pairs), "wall_s", 1 / 1.4)
            else:
                flat = in_turn(folder, peer, pairs, options={OURS: ["--no-param-dir"], THEIRS: []})
                tell(figures, "--no-param-dir on disk", flat, "wall_s", 1 / 5)
    with bench_folder(next(reversed(places.values()))) as folder:
        figures.update(measure_alone(folder))
    record("sweep", pairs, figures)


def in_turn(
    folder: Path,
    peer: Path,
    pairs: int,
    *,
    again: bool = False,
    options: Mapping[str, list[str]] | None = None,
) -> dict[str, list[Measurement]]:
    """Runs both sides in turn, each into an output folder of its own: a new one, or where everything is done."""
    programs = {OURS: [str(BIN / "cajajejo"), "sweep"], THEIRS: [str(peer)]}

    def run(side: str, *, fresh: bool) -> Measurement:
        output = folder / f"out-{side}"
        if fresh:
            shutil.rmtree(output, ignore_errors=True)
        extra = (options or {}).get(side, [])
        return measure([*programs[side], "-o", output, "-y", "params.yaml", *extra], cwd=folder)

    for side in programs:
        run(side, fresh=True)
    return run_in_turn({side: partial(run, side, fresh=not again) for side in programs}, pairs)


def tell(
    figures: dict[str, object], question: str, results: Mapping[str, list[Measurement]], figure: str, target: float
) -> None:
    """Prints and keeps a comparison."""
    sides = {side: medians(measurements) for side, measurements in results.items()}
    figures[question] = {**sides, **compare(question, results[OURS], results[THEIRS], figure, target)}


def measure_alone(folder: Path) -> dict[str, object]:
    """Measures what has no other side: the cost of waiting, and 100,000 points that are all done."""
    program = [BIN / "cajajejo", "sweep", "-y", "params.yaml", "-o"]
    write_sweep(folder, SLOTS, "sleep {i}e-9 10")
    waiting = measure([*program, "waits"], cwd=folder)
    write_sweep(folder, SLOTS)
    starting_s = statistics.median(measure([*program, f"starts{turn}"], cwd=folder).cpu_s for turn in range(5))
    busy_s = waiting.cpu_s - starting_s
    print(f"CPU while 8 tasks sleep for 10 s: {busy_s:.3f} s (target 0.10: {'met' if busy_s < 0.1 else 'MISSED'})")
    write_sweep(folder, 100_000)
    # In a process of its own: what this one holds in memory counts as the beginning of every process that it starts.
    subprocess.run([sys.executable, "-c", PRETEND_DONE], cwd=folder, env=environment(), check=True)
    skipping = measure([*program, "many"], cwd=folder)
    print(
        f"100,000 points planned and skipped: {skipping.wall_s:.2f} s, {skipping.largest_mib:.0f} MiB "
        f"(target 5 s: {'met' if skipping.wall_s < 5 else 'MISSED'})"
    )
    return {"cpu_while_waiting_s": round(busy_s, 3), "100000_skipped_s": round(skipping.wall_s, 2)}


def write_sweep(folder: Path, count: int, command: str = "true {i}") -> None:
    """Writes `params.yaml`."""
    (folder / "params.yaml").write_text(sweep_text(command, range(count)))


def sweep_text(command: str, values: range) -> str:
    """Returns a sweep file that both sides read."""
    slots = ", ".join(str(slot) for slot in range(SLOTS))
    return f'template:\n  run: "{command}"\nresource: [{slots}]\n---\ni: [{", ".join(map(str, values))}]\n'


def make_peer() -> Path:
    """Installs mlrunner where it is not yet; returns its program."""
    program = PEER_ENVIRONMENT / "bin" / "run"
    if not program.exists():
        venv.create(PEER_ENVIRONMENT, with_pip=True, clear=True)
        python = PEER_ENVIRONMENT / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
        subprocess.run([python, "-m", "compileall", "-qq", PEER_ENVIRONMENT / "lib"], env=environment(), check=False)
    return program


@contextlib.contextmanager
def bench_folder(root: Path) -> Iterator[Path]:
    """Gives an empty folder on a file system, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="cajajejo-bench-", dir=root) as folder:
        yield Path(folder).resolve()


if __name__ == "__main__":
    main()
