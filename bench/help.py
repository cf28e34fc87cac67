"""How long does `cajajejo --help` take, against a typer app without commands? Target: 1.3 times, or less."""

from __future__ import annotations

import sys

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

app = typer.Typer(no_args_is_help=True)


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
        empty_app = folder / "empty_app.py"
        empty_app.write_text(EMPTY_APP, encoding="utf-8")
        sides = {
            "cajajejo": lambda: measure([BIN / "cajajejo", "--help"], cwd=folder),
            "empty app": lambda: measure([sys.executable, empty_app, "--help"], cwd=folder),
        }
        run_in_turn(sides, 1)
        results = run_in_turn(sides, pairs)
    ours, theirs = results["cajajejo"], results["empty app"]
    figures = {
        "cajajejo": medians(ours),
        "empty_app": medians(theirs),
        "wall": compare("cajajejo --help against an empty typer app", ours, theirs, "wall_s", 1.3),
    }
    record("help", pairs, figures)


if __name__ == "__main__":
    main()
