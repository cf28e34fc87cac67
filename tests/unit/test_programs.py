"""Programs of others."""

import sys
from pathlib import Path

import pytest

from cajajejo.errors import BadInputError
from cajajejo.programs import run_attached, run_program


def test_lines_are_passed_on_and_kept() -> None:
    seen: list[str] = []
    code = "import sys; print('one', flush=True); print('two', file=sys.stderr); sys.exit(3)"
    ended = run_program([sys.executable, "-c", code], on_line=seen.append, install={})
    assert (ended.code, list(ended.lines), seen) == (3, ["one", "two"], ["one", "two"])
    assert ended.text == "one\ntwo"


def test_only_the_end_is_kept() -> None:
    ended = run_program([sys.executable, "-c", "for n in range(1000): print(n)"], on_line=len, install={})
    assert ended.lines[-1] == "999"
    assert len(ended.lines) < 1000


def test_bytes_that_are_no_text_do_no_harm() -> None:
    code = r"import sys; sys.stdout.buffer.write(b'\xff\n')"
    assert run_program([sys.executable, "-c", code], on_line=len, install={}).lines == ("\ufffd",)


def test_it_has_no_keyboard() -> None:
    ended = run_program([sys.executable, "-c", "print(repr(input()))"], on_line=len, install={})
    assert "EOFError" in ended.text


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="nosuch is not installed, or not on PATH") as caught:
        run_program(["nosuch"], on_line=len, install={"nosuch": "install it"})
    assert caught.value.remedy == "install it"
    with pytest.raises(BadInputError, match="nosuch"):
        run_attached(["nosuch"], install={})


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no folder"):
        run_program([sys.executable], on_line=len, install={}, cwd=tmp_path / "no")


def test_a_program_that_may_not_be_started(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("")
    with pytest.raises(BadInputError, match="cannot be started"):
        run_program([str(tmp_path / "tool")], on_line=len, install={})


def test_the_program_ends_when_its_reader_fails() -> None:
    def fail(line: str) -> None:
        raise RuntimeError(line)

    code = "import time\nprint('x', flush=True)\nwhile True: time.sleep(1)"
    with pytest.raises(RuntimeError, match="x"):
        run_program([sys.executable, "-c", code], on_line=fail, install={})


def test_an_attached_program_gives_its_code() -> None:
    assert run_attached([sys.executable, "-c", "raise SystemExit(4)"], install={}) == 4


def test_a_program_of_another_kind_of_machine(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_bytes(b"\x7fELF of another world")
    tool.chmod(0o755)
    with pytest.raises(BadInputError, match="cannot be started: Exec format error"):
        run_program([str(tool)], on_line=len, install={})
