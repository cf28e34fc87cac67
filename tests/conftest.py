"""Every test starts from an environment of its own."""

import os

import pytest

KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "VIRTUAL_ENV", "PYTHONPATH", "HF_HOME")


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keeps the caller's settings and secrets out of the tests, and the tests' traces out of the caller's home."""
    for name in os.environ:
        if name not in KEPT and not name.startswith(("PYTEST", "COVERAGE", "LC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
