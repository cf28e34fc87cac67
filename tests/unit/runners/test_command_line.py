import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.planning.task import Step
from cajajejo.runners.base import Slot
from cajajejo.runners.command_line import render_line


@pytest.mark.parametrize(
    ("argv", "devices", "line"),
    [
        (("echo", "1"), "1", "CUDA_VISIBLE_DEVICES=1 echo 1 > o/log 2>&1"),
        (("echo", "1"), "", "echo 1 > o/log 2>&1"),
        (("a=b", "c=d"), "", "'a=b' c=d > o/log 2>&1"),
        (("a b", "c;d"), "0,1", "CUDA_VISIBLE_DEVICES=0,1 'a b' 'c;d' > o/log 2>&1"),
        (("sh", "-c", "a | b"), "0; rm", "CUDA_VISIBLE_DEVICES='0; rm' sh -c 'a | b' > o/log 2>&1"),
    ],
)
def test_lines(argv: tuple[str, ...], devices: str, line: str) -> None:
    assert render_line(Step("run", argv, "o/log", ""), Slot(0, devices), "CUDA_VISIBLE_DEVICES") == line


@given(st.lists(st.text(min_size=1), min_size=1), st.text(min_size=1))
def test_a_shell_reads_the_same_words(argv: list[str], log: str) -> None:
    line = render_line(Step("run", tuple(argv), log, ""), Slot(0), "X")
    assert shlex.split(line) == [*argv, ">", log, "2>&1"]
