"""`jobs status --watch`: a screen that stays up to date on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from cajajejo.cli.screen import coloured, print_lines, screen_width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cajajejo.cluster.client.api import Api
    from cajajejo.report.job_status import JobStatus

__all__ = ["watch_status"]

TICK_S = 1.0


def watch_status(api: Api, namespace: str, name: str, options: str) -> None:
    """Shows how a job stands until it is over; `options` lead to the cluster in the commands that it names.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
    """
    from cajajejo.cluster.follow.job_views import job_views
    from cajajejo.report.job_status import job_status, status_lines

    status = None
    with _screen() as show:
        for view in job_views(api, namespace, name, tick_s=TICK_S):
            status = job_status(view.seen, view.verdict, view.said, options)
            show(status)
    if status is not None:
        print_lines(status_lines(status, screen_width()))


def _screen() -> AbstractContextManager[Callable[[JobStatus], None]]:
    return _live() if sys.stdout.isatty() else _plain()


@contextmanager
def _live() -> Iterator[Callable[[JobStatus], None]]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from cajajejo.report.job_status import status_lines

    with Live(console=Console(file=sys.stdout), auto_refresh=False, transient=True) as live:

        def show(status: JobStatus) -> None:
            lines = status_lines(status, live.console.width)
            live.update(Text("\n").join(Text.from_ansi(coloured(line)) for line in lines), refresh=True)

        yield show


@contextmanager
def _plain() -> Iterator[Callable[[JobStatus], None]]:
    from cajajejo.report.job_status import summary_line

    told: list[tuple[object, ...]] = []

    def show(status: JobStatus) -> None:
        key = _essence(status)
        if told[-1:] != [key]:
            told[:] = [key]
            print_lines([summary_line(status)])
            sys.stdout.flush()

    yield show


def _essence(status: JobStatus) -> tuple[object, ...]:
    """What must change for another line: not the time, nor each request."""
    phase = status.phases[-1].name if status.phases else ""
    progress = status.progress
    entry = None if progress is None else (progress.entry_number, progress.failed)
    return status.verdict.state, status.verdict.code, phase, entry, len(status.pods)
