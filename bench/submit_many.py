"""How many Jobs a second does one `submit-job` make out of 200 configs that share a HELM config? Target: 40 or more.

The time is that of the whole command, from the start of Python to its end.
"""

from __future__ import annotations

import statistics
import sys

from _cluster import bench_namespace, write_configs
from _pairs import BIN, compile_packages, measure, medians, parse_pairs, record, scratch_folder

JOBS = 200
TARGET_PER_S = 40.0


def main() -> None:
    """Measures, prints and records."""
    rounds = parse_pairs(3, __doc__)
    compile_packages()
    results = []
    with scratch_folder() as folder:
        for turn in range(rounds + 1):
            with bench_namespace(folder) as namespace:
                configs, entries = write_configs(folder / f"configs{turn}", namespace, JOBS)
                options = [word for path in configs for word in ("--path-to-config", path)]
                submit = [BIN / "cajajejo", "jobs", "evaluation", "submit-job", "--config-version", "bench"]
                result = measure([*submit, "--path-to-helm-config", entries, *options], cwd=folder)
            rate = JOBS / result.wall_s
            print(f"  {turn}/{rounds} {rate:.0f} Jobs/s, {result.cpu_s:.1f} s of processor time", file=sys.stderr)
            if turn:
                results.append(result)
    rate = statistics.median(JOBS / result.wall_s for result in results)
    met = rate >= TARGET_PER_S
    print(f"{JOBS} configs: {rate:.0f} Jobs/s (target {TARGET_PER_S:.0f}: {'met' if met else 'MISSED'})")
    figures = {"cajajejo": medians(results), "jobs_per_s": round(rate, 1), "target": TARGET_PER_S, "met": met}
    record("submit_many", rounds, figures)


if __name__ == "__main__":
    main()
