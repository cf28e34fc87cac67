"""What does an evaluation cost, against bare `helm-run` and `helm-summarize`?

Targets: at most 0.85 of the wall time with tracking into SQLite, 0.70 without tracking, 1.1 times the memory.
The stats are to be the same, number for number.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

from _evaluation import (
    DESCRIPTIONS,
    differences,
    make_tiny_model,
    run_bare_helm,
    run_ours,
    stats_below,
    write_configs,
)
from _pairs import (
    Measurement,
    compare,
    compile_packages,
    medians,
    parse_pairs,
    record,
    run_in_turn,
    scratch_folder,
)

TRACKED, UNTRACKED, BARE = "cajajejo", "cajajejo --no-tracking", "bare HELM"


def sides_in(folder: Path) -> dict[str, Callable[[], Measurement]]:
    """Prepares the three sides; each run gets a folder of its own, numbered from 0."""
    model = make_tiny_model(folder)
    config, entries = write_configs(folder / "configs", model)
    counts = {name: itertools.count() for name in (TRACKED, UNTRACKED, BARE)}

    def fresh(name: str) -> Path:
        return folder / name.replace(" ", "_") / str(next(counts[name]))

    return {
        TRACKED: lambda: run_ours(config, entries, fresh(TRACKED), "--local"),
        UNTRACKED: lambda: run_ours(config, entries, fresh(UNTRACKED), "--no-tracking"),
        BARE: lambda: run_bare_helm(entries, model, fresh(BARE)),
    }


def compare_stats(folder: Path) -> list[str]:
    """Compares the stats of every run with those of bare HELM's first."""
    reference = stats_below(folder / BARE.replace(" ", "_") / "0" / "output")
    if len(reference) != len(DESCRIPTIONS):
        return [f"bare HELM made stats for {len(reference)} of {len(DESCRIPTIONS)} entries"]
    outputs = sorted(folder.glob("cajajejo*/*/helm"))
    problems = [] if outputs else ["no output of ours was found"]
    for path in outputs:
        problems += [f"{path.relative_to(folder)}: {line}" for line in differences(stats_below(path), reference)]
    return problems


def main() -> None:
    """Measures, compares, prints and records."""
    pairs = parse_pairs(5, __doc__)
    compile_packages()
    with scratch_folder() as folder:
        sides = sides_in(folder)
        print("one run of each that does not count:", file=sys.stderr)
        run_in_turn(sides, 1)
        results = run_in_turn(sides, pairs)
        problems = compare_stats(folder)
    tracked, untracked, bare = (results[name] for name in (TRACKED, UNTRACKED, BARE))
    figures = {
        "cajajejo": medians(tracked),
        "cajajejo_no_tracking": medians(untracked),
        "bare_helm": medians(bare),
        "wall_with_tracking": compare("wall, with tracking", tracked, bare, "wall_s", 0.85),
        "wall_without_tracking": compare("wall, without tracking", untracked, bare, "wall_s", 0.70),
        "memory_of_largest_process": compare("memory of the largest process", tracked, bare, "largest_mib", 1.1),
        "memory_of_all_processes": compare("memory of all processes", tracked, bare, "tree_mib", 1.1),
        "stats_equal": not problems,
    }
    record("evaluation", pairs, figures)
    print("stats: " + ("\n".join(problems) if problems else "equal number for number, all but inference_runtime"))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
