import os
import signal
from pathlib import Path

import pytest

from cajajejo.runners.spawn import CannotStartError, open_log, start


def run(log: Path, *argv: str) -> tuple[int, str]:
    log_fd, null = open_log(str(log)), os.open(os.devnull, os.O_RDONLY)
    try:
        pid = start(argv, os.environb, input_fd=null, log_fd=log_fd)
    finally:
        os.close(log_fd)
        os.close(null)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), log.read_text()


def test_it_leads_a_session_of_its_own(tmp_path: Path) -> None:
    code, said = run(tmp_path / "log", "sh", "-c", "cut -d' ' -f1,5,6 /proc/$$/stat")
    pid, group, session = said.split()
    assert (code, pid == group == session) == (0, True)
    assert int(session) != os.getsid(0)


def test_what_python_ignores_is_not_ignored(tmp_path: Path) -> None:
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    _, said = run(tmp_path / "log", "sh", "-c", "grep SigIgn /proc/self/status")
    ignored = int(said.split()[1], 16)
    assert not ignored & (1 << (signal.SIGPIPE - 1))


def test_no_other_descriptor_is_inherited(tmp_path: Path) -> None:
    with (tmp_path / "other").open("w"):
        _, said = run(tmp_path / "log", "sh", "-c", "ls -l /proc/$$/fd")
    assert str(tmp_path / "log") in said
    assert str(tmp_path / "other") not in said


def test_what_cannot_start_has_the_code_of_a_shell(tmp_path: Path) -> None:
    for program, code in (("no-such-program", 127), (str(tmp_path), 126)):
        with pytest.raises(CannotStartError) as caught:
            run(tmp_path / "log", program)
        assert caught.value.code == code
