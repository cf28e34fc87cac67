import os
import select
import signal
import threading

import pytest

from cajajejo.runners.signals import Interrupts


@pytest.mark.parametrize(
    ("sent", "received"),
    [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGTERM), (signal.SIGHUP, signal.SIGTERM)],
)
def test_the_first_is_remembered_and_wakes(sent: int, received: int) -> None:
    before, now_s = signal.getsignal(sent), [100.0]
    with Interrupts(lambda: now_s[0]) as interrupts:
        assert interrupts.received is None
        os.kill(os.getpid(), sent)
        assert select.select([interrupts.wake_fd], [], [], 60)[0]
        interrupts.drain()
        assert not select.select([interrupts.wake_fd], [], [], 0)[0]
        assert (interrupts.received, interrupts.is_insisted) == (received, False)
        os.kill(os.getpid(), sent)
        assert (interrupts.received, interrupts.is_insisted) == (received, False)
        now_s[0] = 102.0
        os.kill(os.getpid(), signal.SIGTERM)
        assert select.select([interrupts.wake_fd], [], [], 60)[0]
        assert (interrupts.received, interrupts.is_insisted) == (received, True)
    assert signal.getsignal(sent) == before


def test_what_the_caller_has_us_ignore_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGHUP)
            assert interrupts.received is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_nothing_is_installed_in_another_thread() -> None:
    seen: list[object] = []

    def enter() -> None:
        with Interrupts() as interrupts:
            interrupts.drain()
            seen.append(interrupts.wake_fd)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [None]
