from pathlib import Path

import pytest

from fake_programs import FakePrograms


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    """The only programs that there are."""
    return FakePrograms(tmp_path, monkeypatch, alone=True)
