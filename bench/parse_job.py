"""How long does `parse-job` take, against an empty typer app and against torchx?

Targets: 2 times the app's `--help`, or less; half of `torchx run --dryrun` for Kubernetes, or less.

torchx comes from the package index into an environment of its own, `.cache/torchx`, the first time.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from _pairs import (
    BIN,
    ROOT,
    compare,
    compile_packages,
    environment,
    measure,
    medians,
    parse_pairs,
    record,
    run_in_turn,
    scratch_folder,
)
from help import write_app

TORCHX = "torchx[kubernetes]==0.7.0"
TORCHX_FOLDER = ROOT / ".cache" / "torchx"
CONFIGS = (
    ROOT / "jobs" / "evaluation" / "example.mlflow.job_config.yml",
    ROOT / "jobs" / "evaluation" / "app" / "run_specs.conf",
)
# Without a workspace, or it would ask for docker.
DRYRUN = ("run", "--scheduler", "kubernetes", "--dryrun", "--workspace=", "-cfg", "queue=default,namespace=default",
          "utils.sh", "--image", "alpine:3", "echo", "hello")  # fmt: skip


def main() -> None:
    """Measures, prints and records."""
    pairs = parse_pairs(15, __doc__)
    compile_packages()
    torchx = install_torchx()
    with scratch_folder() as folder:
        app = write_app(folder / "empty_app.py", "")
        parse_job = [BIN / "cajajejo", "jobs", "evaluation", "parse-job", *CONFIGS, folder / "job.yml"]
        sides = {
            "an empty typer app's --help": partial(measure, [sys.executable, app, "--help"], cwd=folder),
            "torchx run --dryrun": partial(measure, [torchx, *DRYRUN], cwd=folder),
            "parse-job": partial(measure, parse_job, cwd=folder),
        }
        first = run_in_turn(sides, 1)
        assert "kind: Job" in first["torchx run --dryrun"][0].output, "torchx printed no job"
        assert (folder / "job.yml").stat().st_size, "parse-job wrote no job"
        results = run_in_turn(sides, pairs)
    figures: dict[str, object] = {name: medians(results[name]) for name in sides}
    *others, ours = sides
    for theirs, target in zip(others, (2.0, 0.5), strict=True):
        question = f"{ours} against {theirs}"
        figures[question] = compare(question, results[ours], results[theirs], "wall_s", target)
    record("parse_job", pairs, figures)


def install_torchx() -> Path:
    """Returns the program, installed and compiled."""
    program = TORCHX_FOLDER / "bin" / "torchx"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", TORCHX_FOLDER], check=True)
        pip = [TORCHX_FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, TORCHX], env=environment(), check=True)
    return program


if __name__ == "__main__":
    main()
