"""Measures two sides of a question in turn, and says how they compare.

Both sides are commands of `.venv` in the same environment: `PYTHONDONTWRITEBYTECODE` is taken out of it, and
every package is compiled beforehand, as it is after the first run of anything; `HF_HUB_OFFLINE=1` is set. A
ratio is the median of the ratios of pairs, so that a machine whose speed drifts does not decide it.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
"""Where the console scripts of the environment are."""
RESULTS = ROOT / "bench" / "results.jsonl"
SAMPLING_S = 0.2


@dataclass(frozen=True)
class Measurement:
    """What one side took, once. Several commands in turn count as one: times add up, peaks do not."""

    wall_s: float
    cpu_s: float
    largest_mib: float
    """Peak resident memory of the largest process."""
    tree_mib: float
    """Peak memory of all processes together, pages that several share counted once; sampled every 0.2 s."""
    exit_code: int
    """Of the last command; the first that is not expected ends the side."""
    output: str


def parse_pairs(default: int, description: str | None) -> int:
    """Reads `--pairs N` from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--pairs", type=int, default=default, metavar="N", help=f"how many (default {default})")
    pairs: int = parser.parse_args().pairs
    if pairs < 1:
        parser.error("--pairs takes a number of at least 1")
    return pairs


def environment() -> dict[str, str]:
    """Returns what every measured command is started with."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    return {**kept, "HF_HUB_OFFLINE": "1", "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}"}


def compile_packages() -> None:
    """Compiles the package and all that is installed beside it, where that has not been done.

    In a process of its own: what this one holds in memory counts as the beginning of every process that it starts.
    """
    folders = [sysconfig.get_paths()["purelib"], str(ROOT / "src")]
    # Some packages ship files for newer versions of Python, which cannot be compiled; so its exit code tells nothing.
    subprocess.run([sys.executable, "-m", "compileall", "-qq", "-j", "0", *folders], env=environment(), check=False)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Gives an empty folder for the whole bench, removed at its end."""
    with tempfile.TemporaryDirectory(prefix="cajajejo-bench-") as folder:
        yield Path(folder).resolve()


def measure(*commands: Sequence[str | Path], cwd: Path, expected: int = 0) -> Measurement:
    """Runs commands one after the other and measures them as one.

    Raises:
        RuntimeError: One ended with another exit code than expected; its last lines are in the message.
    """
    done = [_measure_one([str(word) for word in command], cwd, expected) for command in commands]
    return Measurement(
        wall_s=sum(item.wall_s for item in done),
        cpu_s=sum(item.cpu_s for item in done),
        largest_mib=max(item.largest_mib for item in done),
        tree_mib=max(item.tree_mib for item in done),
        exit_code=done[-1].exit_code,
        output="".join(item.output for item in done),
    )


def run_in_turn(sides: Mapping[str, Callable[[], Measurement]], pairs: int) -> dict[str, list[Measurement]]:
    """Measures all sides `pairs` times, each time beginning with another one."""
    names = list(sides)
    results: dict[str, list[Measurement]] = {name: [] for name in names}
    for turn in range(pairs):
        for position in range(len(names)):
            name = names[(turn + position) % len(names)]
            result = sides[name]()
            results[name].append(result)
            print(
                f"  {turn + 1}/{pairs} {name}: {result.wall_s:.2f} s, {result.largest_mib:.0f} MiB",
                file=sys.stderr,
            )
    return results


def medians(measurements: Sequence[Measurement]) -> dict[str, float]:
    """Returns the median of each figure."""
    figures = ("wall_s", "cpu_s", "largest_mib", "tree_mib")
    return {name: round(statistics.median(getattr(item, name) for item in measurements), 3) for name in figures}


def compare(
    question: str, ours: Sequence[Measurement], theirs: Sequence[Measurement], figure: str, target: float
) -> dict[str, float | bool]:
    """Prints both medians and the median of the pairwise ratios of one figure; returns ratio and verdict."""
    pairs = [(getattr(a, figure), getattr(b, figure)) for a, b in zip(ours, theirs, strict=True)]
    ratio = statistics.median(a / b for a, b in pairs)
    unit = "s" if figure.endswith("_s") else "MiB"
    left, right = (statistics.median(side) for side in zip(*pairs, strict=True))
    verdict = "met" if ratio <= target else "MISSED"
    sides = f"{left:.3g} {unit} against {right:.3g} {unit}"
    print(f"{question}: {sides}, ratio {ratio:.2f} (target {target:.2f}: {verdict})")
    return {"ratio": round(ratio, 3), "target": target, "met": ratio <= target}


def record(bench: str, pairs: int, figures: Mapping[str, object]) -> None:
    """Appends one line to `bench/results.jsonl`."""
    line = {
        "bench": bench,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.system(),
        },
        "pairs": pairs,
        "figures": figures,
    }
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _measure_one(command: Sequence[str], cwd: Path, expected: int) -> Measurement:
    with tempfile.TemporaryFile() as log:
        begin = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        with _TreeSampler(process.pid) as sampler:
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        output = log.read().decode(errors="replace")
    if process.returncode != expected:
        tail = "\n".join(output.splitlines()[-20:])
        raise RuntimeError(f"exit code {process.returncode} instead of {expected}: {' '.join(command)}\n{tail}")
    largest_mib = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return Measurement(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        largest_mib=largest_mib,
        tree_mib=max(sampler.peak_mib, largest_mib),
        exit_code=process.returncode,
        output=output,
    )


class _TreeSampler(threading.Thread):
    """Looks at a process and its descendants in /proc, again and again, until the block ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_mib = 0.0
        self._pid = pid
        self._ended = threading.Event()

    def __enter__(self) -> _TreeSampler:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Samples until told to end."""
        while Path("/proc/self/smaps_rollup").exists() and not self._ended.wait(SAMPLING_S):
            self.peak_mib = max(self.peak_mib, sum(map(_proportional_mib, _tree(self._pid))))


def _tree(root: int) -> list[int]:
    """Returns the process and its descendants."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - processes end while it is read
        with contextlib.suppress(OSError):
            # The name of the program, in parentheses, may hold anything.
            stat = Path("/proc", name, "stat").read_text(errors="replace")
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(name))
    found, at = [root], 0
    while at < len(found):
        found += children.get(found[at], [])
        at += 1
    return found


def _proportional_mib(pid: int) -> float:
    """Returns a process's memory, with its share of the pages that it shares with others."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
