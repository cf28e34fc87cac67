import os
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from cajajejo.runners.children import PidfdWatch, ProcessWatch, SignalWatch, process_watch


@pytest.fixture(params=[PidfdWatch, SignalWatch])
def watch(request: pytest.FixtureRequest) -> Iterator[ProcessWatch]:
    kind: Callable[[], ProcessWatch] = request.param
    made = kind()
    yield made
    made.close()


def test_each_end_is_told_once_and_nothing_is_reaped(watch: ProcessWatch) -> None:
    processes = [subprocess.Popen(["true"]) for _ in range(5)]
    for process in processes:
        watch.add(process.pid)
    left = {process.pid for process in processes}
    while left:
        for pid in watch.wait(60.0, None):
            left.remove(pid)
            assert os.waitpid(pid, 0) == (pid, 0)
    assert watch.wait(0.0, None) == []
    for process in processes:
        process.returncode = 0


def test_an_end_before_the_watching_is_seen(watch: ProcessWatch) -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    watch.add(process.pid)
    assert watch.wait(60.0, None) == [process.pid]
    process.wait()


def test_a_process_of_another_parent(watch: ProcessWatch) -> None:
    parent = subprocess.Popen(["sh", "-c", "sleep 61 & echo $!; wait"], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    watch.add(child)
    assert watch.wait(0.01, None) == []
    os.kill(child, signal.SIGKILL)
    parent.communicate()
    assert watch.wait(60.0, None) == [child]


def test_a_descriptor_wakes_and_another_may_follow(watch: ProcessWatch) -> None:
    for _ in range(2):
        readable, writable = os.pipe()
        os.write(writable, b"x")
        assert watch.wait(60.0, readable) == []
        os.close(readable)
        os.close(writable)


def test_a_way_is_found() -> None:
    process_watch().close()
