import os
import signal
import subprocess
import sys

import pytest

from cajajejo.runners.processes import Birth, group_lives, is_the_one, marked_processes, ticks_since_boot
from runner_tasks import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def test_a_process_is_told_from_a_later_one_of_its_number() -> None:
    before = ticks_since_boot()
    with subprocess.Popen(["sleep", "61"]) as process:
        after = ticks_since_boot()
        assert is_the_one(process.pid, Birth(before, after))
        assert not is_the_one(process.pid, Birth(before - 100, before - 50))
        assert not is_the_one(process.pid, Birth(after + 50, after + 100))
        process.kill()
        wait_for(lambda: not is_the_one(process.pid, Birth(before, after)), "the zombie counted as dead")
    assert not is_the_one(process.pid, Birth(before, after))


def test_a_group_lives_as_long_as_one_of_it() -> None:
    process = subprocess.Popen(["sh", "-c", "sleep 61 & echo $!"], start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.wait()
    process.stdout.close()
    assert group_lives(process.pid)
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: not group_lives(process.pid), "the group was gone")


def test_a_group_of_zombies_is_dead() -> None:
    process = subprocess.Popen(["true"], start_new_session=True)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not group_lives(process.pid)
    process.wait()


def test_marked_processes_are_found_and_those_above_us_are_not() -> None:
    mark = f"mark-{os.getpid()}"
    code = (
        "from cajajejo.runners.processes import marked_processes as m; import subprocess, sys;"
        f"p = subprocess.Popen(['sleep', '61']); print(m(b'MARK', b'{mark}') == [p.pid]); p.kill()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "MARK": mark + "x"}, capture_output=True, text=True
    )
    assert done.stdout == "True\n", done.stderr
    assert marked_processes(b"MARK", mark.encode()) == []
