"""How long does `submit-job` take, against `kubectl apply --server-side` of the same kind of file? Target: 4 times.

Both create a Job and its ConfigMap that did not exist. `submit-job` also asks what runs already, makes the Job the
ConfigMap's owner, and looks for what killed submissions have left.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from _cluster import bench_namespace, write_specs
from _pairs import (
    BIN,
    Measurement,
    compare,
    compile_packages,
    measure,
    medians,
    parse_pairs,
    record,
    run_in_turn,
    scratch_folder,
)

TARGET = 4.0


def main() -> None:
    """Measures, prints and records."""
    pairs = parse_pairs(10, __doc__)
    compile_packages()
    with scratch_folder() as folder, bench_namespace(folder) as namespace:
        specs = iter(write_specs(folder / "specs", namespace, 2 * (pairs + 1)))

        def side(*command: str | Path) -> Callable[[], Measurement]:
            return lambda: measure([*command, next(specs)], cwd=folder)

        submit = (BIN / "cajajejo", "jobs", "evaluation", "submit-job", "--config-version", "bench", "--job-spec-path")
        sides = {"kubectl": side("kubectl", "apply", "--server-side", "-f"), "cajajejo": side(*submit)}
        run_in_turn(sides, 1)
        results = run_in_turn(sides, pairs)
    figures: dict[str, object] = {name: medians(results[name]) for name in sides}
    question = "submit-job against kubectl apply --server-side"
    figures[question] = compare(question, results["cajajejo"], results["kubectl"], "wall_s", TARGET)
    record("submit", pairs, figures)


if __name__ == "__main__":
    main()
