"""Where the program begins: so small that Ctrl-C while the rest is still read ends it as it does at any other time."""

from __future__ import annotations

__all__ = ["main"]

_INTERRUPTED = 130
"""`ExitCode.INTERRUPTED`, which has not been read yet."""


def main() -> None:
    """Runs the program; see `cajajejo.cli.main.main`."""
    try:
        from cajajejo.cli.main import main as run

        run()
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
