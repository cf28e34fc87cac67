"""Any change of a good file either loads or is told about: never another exception, never a hang."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.config import load_job_config, load_run_entries
from cajajejo.errors import ConfigError
from unit.config.good_files import ENTRIES, JOB

ODD = st.sampled_from(
    ['no', '1.10', '012', '~', '', '[', '{', ']', '}', "'", '"', '"""', '&a', '*a', '<<: *a',
     '!!int x', '!x', '|', '>-', '@', '`', '%', '\t', '\\', '---', '...', '? ', ': ', '- ', '#',
     '//', '0x1F', '1e5', '.nan', '12:30:45', '\x00', '\x1b', '\u2028', '\x85', '\ufeff', 'é',
     '𝄞', 'include "x"', '${HOME}', '10 days', '1_0', 'null', 'a: b: c', 'http://u:p@h', '+=',
     'a.b.c', '2020-99-99', '0b2', '=', '<<', '-.inf', '99999999999999999999 years', '\r',
     '\r\n', "9" * 400]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, text: str) -> bytes:
    lines = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        index = draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        at = draw(st.integers(0, len(line)))
        key, colon, _ = line.partition(": ")
        lines[index] = draw(
            st.sampled_from(
                ["", line + line, draw(ODD) + "\n", f"{key}{colon}{draw(ODD)}\n", line[:at] + draw(ODD) + line[at:]]
            )
        )
    data = bytearray("".join(lines).encode())
    for _ in range(draw(st.integers(0, 2))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


def loads_or_tells(load: Callable[[Path], object], data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        try:
            load(path)
        except ConfigError as exc:
            problems = exc.problems
        else:
            return
    assert list(problems) == sorted(problems, key=lambda problem: problem.sort_key)
    for problem in problems:
        assert min(problem.line, problem.column) >= 1
        assert problem.to_dict()["message"]
        rendered = problem.render()
        assert rendered.count("\n") in (0, 2)
        assert all(character.isprintable() or character == "\n" for character in rendered)


@settings(max_examples=300, deadline=timedelta(seconds=5))
@given(mutated(JOB))
def test_job(data):
    loads_or_tells(load_job_config, data)


@settings(max_examples=150, deadline=timedelta(seconds=5))
@given(mutated(ENTRIES))
def test_entries(data):
    loads_or_tells(load_run_entries, data)


@settings(max_examples=150, deadline=timedelta(seconds=5))
@given(st.one_of(st.binary(max_size=300), st.text(st.characters(codec="utf-8"), max_size=300).map(str.encode)))
def test_anything(data):
    loads_or_tells(load_job_config, data)
    loads_or_tells(load_run_entries, data)


@settings(max_examples=150, deadline=timedelta(seconds=5))
@given(st.text(alphabet="{}[],:=+\"'\\$#/ \n\tab.1é&*!|>-?%@`", max_size=80))
def test_punctuation(text):
    loads_or_tells(load_job_config, text.encode())
    loads_or_tells(load_run_entries, text.encode())
