"""Ends what a killed run has left running, before its tasks are run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cajajejo.runners.base import Runner, Submission
from cajajejo.runners.journal import Journal
from cajajejo.runners.signals import Interrupts
from cajajejo.store.liveness import ProcessIdentity, this_process

__all__ = ["end_all", "end_strays", "take_over"]

ROUNDS = 20
"""How often to look again: what is asked to end may start something else meanwhile."""


def take_over(journal: Journal, runner: Runner, grace_s: float, say: Callable[[str], None]) -> None:
    """Ends what the process before this one has left, where it could not do so itself; all of it has ended then.

    Args:
        journal: Of the output folder; not yet opened by this process.
        runner: The backend.
        grace_s: How long each may take to end.
        say: Is told what was found.
    """
    killed = journal.killed
    if killed is None:
        return
    if not _is_here(killed):
        if journal.unfinished:
            say(f"the run before was killed on {killed.host}; whether its tasks still run there cannot be seen here")
        return
    left = [found for found in map(runner.attach, journal.unfinished) if found is not None]
    if left:
        say(f"the run before was killed; {len(left)} of its tasks still ran and are ended first")
    end_all(runner, left, grace_s)
    end_strays(runner, grace_s)


def end_strays(runner: Runner, grace_s: float, interrupts: Interrupts | None = None) -> None:
    """Ends what carries the mark of the output folder and belongs to no submission that is waited for."""
    for _ in range(ROUNDS):
        strays = runner.strays()
        if not strays:
            return
        end_all(runner, strays, grace_s, interrupts)


def end_all(
    runner: Runner, submissions: Iterable[Submission], grace_s: float, interrupts: Interrupts | None = None
) -> None:
    """Ends submissions and waits until they have.

    Args:
        runner: The backend.
        submissions: Which.
        grace_s: How long each may take to end.
        interrupts: Where a user may insist, who does not want to wait so long.
    """
    waited_for = set(submissions)
    _cancel(runner, waited_for, grace_s, interrupts)
    wake_fd = None if interrupts is None else interrupts.wake_fd
    while waited_for:
        waited_for -= {end.submission for end in runner.wait(None, wake_fd)}
        if interrupts is not None and interrupts.drain():
            _cancel(runner, waited_for, grace_s, interrupts)


def _cancel(runner: Runner, submissions: Iterable[Submission], grace_s: float, interrupts: Interrupts | None) -> None:
    for submission in submissions:
        runner.cancel(submission, 0.0 if interrupts is not None and interrupts.is_insisted else grace_s)


def _is_here(process: ProcessIdentity) -> bool:
    here = this_process()
    return (process.host, process.boot, process.pid_namespace) == (here.host, here.boot, here.pid_namespace)
