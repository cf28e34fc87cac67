"""Standard streams that cannot change how a command ends."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cajajejo.cli
from cajajejo.cli.streams import json_text, printed, visible


class Broken(io.StringIO):
    """A pipe that nobody reads."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


class Full(io.StringIO):
    """A disk that has no room; that shows when it is flushed."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_what_can_be_printed_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(lambda: sys.stdout.write("scores\n")) is True
    assert capsys.readouterr().out == "scores\n"


@pytest.mark.parametrize("stream", [Broken(), Full()], ids=["nobody reads", "no room"])
def test_what_cannot_be_printed_is_said_and_raises_nothing(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    assert printed(lambda: sys.stdout.write("scores\n")) is False
    replacement = sys.stdout
    replacement.write("Python flushes this at its end")
    replacement.flush()
    replacement.close()


def test_another_error_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        printed(lambda: 1 / 0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.412 ± 0.013\tfine\n", "0.412 ± 0.013\tfine\n"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb\x07", "a\\x0db\\x07"),
    ],
)
def test_control_characters_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


CLOSED = """
import os, sys
os.close(1)
os.close(2)
os.execv(sys.executable, [sys.executable, "-c", "from cajajejo.cli.main import main; main()", *sys.argv[1:]])
"""


@pytest.mark.parametrize(("arguments", "code"), [(("--version",), 0), (("nonsense",), 2), (("schema", "job"), 0)])
def test_closed_streams_change_no_exit_code(arguments: tuple[str, ...], code: int) -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED, *arguments], capture_output=True, timeout=60, check=False)
    assert done.returncode == code


def test_a_terminal_that_lacks_a_character_gets_it_spelled_out() -> None:
    script = "from cajajejo.cli.streams import prepare_process; prepare_process(); print('0.4 \\u00b1 0.1')"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "0.4 \\xb1 0.1\n")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("utf-8", '["0.4 ± 0.1"]\n'), ("ascii", '["0.4 \\u00b1 0.1"]\n'), ("latin-1", '["0.4 ± 0.1"]\n')],
)
def test_json_is_json_whatever_stdout_can_hold(encoding: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert json_text(["0.4 ± 0.1"], indent=None) == text


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_file_name_that_is_no_utf_8_can_be_had_back_from_json(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    text = json_text({"path": os.fsdecode(b"caf\xe9")})
    assert text.isascii()
    assert os.fsencode(json.loads(text)["path"]) == b"caf\xe9"


def test_all_commands_have_their_json_from_one_place() -> None:
    folder = Path(cajajejo.cli.__file__).parent
    assert [path.name for path in folder.glob("*.py") if "ensure_ascii" in path.read_text()] == ["streams.py"]


@pytest.mark.parametrize(
    "forced", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_a_command_prints_json_where_only_ascii_is_allowed(forced: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from cajajejo.cli.main import main; main()"]
    missing = os.fsencode(tmp_path / "größe") + b"\xff"
    environment = {**os.environ, "PYTHONIOENCODING": "", **forced}
    done = subprocess.run(
        [*command, "sweep", "-y", missing, "--json"], env=environment, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["ok"] is False
