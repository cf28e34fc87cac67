"""What the pages about sweeps show is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cajajejo.cli.main import program, run_app
from cajajejo.config.sweep.load import load_sweep

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/sweeps.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FILES = [block for block in re.findall(r"^```ya?ml\n(.*?)^```", PAGE + README, re.M | re.S) if "template:" in block]


@pytest.mark.parametrize("text", FILES)
def test_the_files_that_are_shown_are_good(tmp_path, text):
    assert len(FILES) == 3
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    assert not [problem for problem in load_sweep(path).warnings if "width" in problem.message]


def test_the_options_that_are_named_exist(capsys):
    assert run_app(program(), ["sweep", "--help"]) == 0
    assert run_app(program(), ["sweep", "results", "--help"]) == 0
    known = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    named = set(re.findall(r"[`\[ ](--[a-z][a-z-]+)", PAGE.partition("## Aliases")[0]))
    assert named - known - {"--model", "--out", "--p"} == set()
