import re
import shutil
import sys
from pathlib import Path

import pytest

from commands import ROOT
from repositories import commit_all

COPIED = ("tasks.py", "invoke.yaml.example", "evaluation.Dockerfile", "Makefile", "jobs/evaluation")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as a reader of the docs has it, with the two configs of the README."""
    folder = tmp_path_factory.mktemp("docs") / "checkout"
    folder.mkdir()
    for name in COPIED:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, target)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = {"job_config.yml": r"^```yaml\n(.*?)^```", "run_specs.conf": r"^```\n(entries.*?)^```"}
    for name, pattern in blocks.items():
        (text,) = re.findall(pattern, readme, re.MULTILINE | re.DOTALL)
        (folder / name).write_text(text, encoding="utf-8")
    commit_all(folder)
    return folder


@pytest.fixture
def programs_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """cajajejo and invoke of this environment come first, as after `. .venv/bin/activate`."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
