"""Ends what a killed run has left running, before its tasks are run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cajajejo.runners.base import Runner, Submission
from cajajejo.runners.journal import Journal
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


def end_strays(runner: Runner, grace_s: float) -> None:
    """Ends what carries the mark of the output folder and belongs to no submission that is waited for."""
    for _ in range(ROUNDS):
        strays = runner.strays()
        if not strays:
            return
        end_all(runner, strays, grace_s)


def end_all(runner: Runner, submissions: Iterable[Submission], grace_s: float) -> None:
    """Ends submissions and waits until they have."""
    waited_for = set(submissions)
    for submission in waited_for:
        runner.cancel(submission, grace_s)
    while waited_for:
        waited_for -= _submissions(runner)


def _submissions(runner: Runner) -> set[Submission]:
    ended: Sequence[Submission] = [end.submission for end in runner.wait(None, None)]
    return set(ended)


def _is_here(process: ProcessIdentity) -> bool:
    here = this_process()
    return (process.host, process.boot, process.pid_namespace) == (here.host, here.boot, here.pid_namespace)
