"""Several things at once, and what becomes of them when something goes wrong."""

import subprocess
import sys
import textwrap
import threading
import time

import pytest

from cajajejo.cluster.client.workers import Workers


def test_what_is_begun_is_done_when_the_context_is_left() -> None:
    done: list[int] = []
    with Workers(3, "test") as workers:
        for number in range(20):
            workers.start(lambda number=number: done.append(number))  # type: ignore[misc]
    assert sorted(done) == list(range(20))


def test_results_come_in_the_order_of_the_items_and_not_more_at_once_than_said() -> None:
    lock, busy, most = threading.Lock(), 0, 0
    together = threading.Barrier(3)

    def act(number: int) -> int:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        together.wait(10)
        with lock:
            busy -= 1
        return number * 2

    with Workers(3, "test") as workers:
        assert list(workers.map(act, range(9))) == [number * 2 for number in range(9)]
    assert most == 3


def test_an_error_is_raised_where_the_result_is_asked_for_and_the_rest_is_not_begun() -> None:
    begun: list[int] = []

    def act(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise ValueError("zero")

    def work() -> None:
        with Workers(1, "test") as workers:
            first = workers.start(lambda: act(0))
            workers.start(lambda: hold.wait(10))
            workers.start(lambda: act(1))
            threading.Timer(0.05, hold.set).start()
            first.result()

    hold = threading.Event()
    with pytest.raises(ValueError, match="zero"):
        work()
    assert begun == [0]


def test_after_an_interrupt_what_has_begun_gets_a_moment_and_no_more() -> None:
    def work() -> None:
        with Workers(2, "test", linger_s=0.5) as workers:
            workers.start(lambda: begun.wait(10) and ended.set())
            workers.start(lambda: begun.set() or hold.wait(60))
            begun.wait(10)
            raise KeyboardInterrupt

    begun, ended, hold = threading.Event(), threading.Event(), threading.Event()
    began_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        work()
    assert ended.is_set()
    assert time.monotonic() - began_s < 10
    hold.set()


def test_a_thread_that_hangs_does_not_hold_the_process() -> None:
    code = """
        import time
        from cajajejo.cluster.client.workers import Workers
        with Workers(1, "test") as workers:
            workers.start(lambda: time.sleep(600))
            raise KeyboardInterrupt
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, timeout=60, check=False)
    assert b"KeyboardInterrupt" in done.stderr
