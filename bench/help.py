"""How long does `cajajejo --help` take, against a typer app without commands? Target: 1.3 times, or less.

The empty app is measured as typer makes it, and with the plain help that cajajejo prints, which loads less.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from _pairs import (
    BIN,
    compare,
    compile_packages,
    measure,
    medians,
    parse_pairs,
    record,
    run_in_turn,
    scratch_folder,
)

EMPTY_APP = """
import typer

app = typer.Typer(**OPTIONS)


@app.callback()
def main() -> None:
    \"\"\"An app without commands.\"\"\"


app()
"""


def main() -> None:
    """Measures, prints and records."""
    pairs = parse_pairs(20, __doc__)
    compile_packages()
    with scratch_folder() as folder:
        apps = {
            "an empty typer app": write_app(folder / "empty_app.py", ""),
            "an empty typer app with plain help": write_app(folder / "plain_app.py", "rich_markup_mode=None"),
        }
        sides = {name: partial(measure, [sys.executable, path, "--help"], cwd=folder) for name, path in apps.items()}
        sides["cajajejo"] = partial(measure, [BIN / "cajajejo", "--help"], cwd=folder)
        run_in_turn(sides, 1)
        results = run_in_turn(sides, pairs)
    figures: dict[str, object] = {name: medians(results[name]) for name in sides}
    for name in apps:
        question = f"cajajejo --help against {name}"
        figures[question] = compare(question, results["cajajejo"], results[name], "wall_s", 1.3)
    record("help", pairs, figures)


def write_app(path: Path, options: str) -> Path:
    """Writes an app without commands."""
    path.write_text(EMPTY_APP.replace("**OPTIONS", options), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
