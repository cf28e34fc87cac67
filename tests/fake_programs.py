"""Programs that only write down how they were called, and say and do what a test wants."""

import shlex
from pathlib import Path

import pytest

_RECORD = """\
#!/bin/sh
{ for word in "$@"; do printf '%s\\037' "$word"; done; printf '\\036'; } >>CALLS
"""


class FakePrograms:
    """A folder of programs, the first on PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, alone: bool = False) -> None:
        """Makes the folder.

        Args:
            folder: Where.
            monkeypatch: Sets PATH, as a user's shell would.
            alone: Whether there are no other programs but these, git and a shell.
        """
        self._folder = folder / "bin"
        self._folder.mkdir()
        monkeypatch.setenv("PATH", str(self._folder), prepend=None if alone else ":")

    def add(self, name: str, says: str = "", *, code: int = 0, when: dict[str, tuple[str, int]] | None = None) -> None:
        """Adds a program.

        Args:
            name: Its name.
            says: What it writes to stderr.
            code: What it exits with.
            when: What it says and exits with instead, by its first argument.
        """
        text = ""
        for first, (words, other) in (when or {}).items():
            text += f'if [ "$1" = {first} ]; then printf %s {shlex.quote(words)} >&2; exit {other}; fi\n'
        self.add_script(name, f"{text}printf %s {shlex.quote(says)} >&2\nexit {code}\n")

    def add_script(self, name: str, script: str) -> None:
        """Adds a program that does what a script of the shell says."""
        path = self._folder / name
        path.write_text(_RECORD.replace("CALLS", shlex.quote(str(self._calls(name)))) + script)
        path.chmod(0o755)

    def calls(self, name: str) -> list[list[str]]:
        """How a program was called: its arguments, each time."""
        path = self._calls(name)
        records = path.read_text().split("\036")[:-1] if path.exists() else []
        return [record.split("\037")[:-1] for record in records]

    def _calls(self, name: str) -> Path:
        return self._folder / f".{name}.calls"
