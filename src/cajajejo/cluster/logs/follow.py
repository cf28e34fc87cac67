"""The logs of a job as they come: from container to container and from pod to pod, until the Job has ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cajajejo.cluster.follow.job_news import JobNews
from cajajejo.cluster.follow.wait import JobEnd, end_of
from cajajejo.cluster.jobs import is_finished
from cajajejo.cluster.logs.answers import Answer
from cajajejo.cluster.logs.options import LogOptions
from cajajejo.cluster.logs.pace import Pace
from cajajejo.cluster.logs.reader import Reader, Screen
from cajajejo.cluster.logs.runs import Place, Run, Wanted, begun_before, place_of, runs_of
from cajajejo.cluster.logs.trouble import Trouble, words_of
from cajajejo.cluster.logs.waiting import Waiting
from cajajejo.errors import (
    ClusterError,
    ForbiddenError,
    MissingError,
    OutOfTimeError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
)

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["follow"]

_PATIENT_TRIES = 5
"""How often a log of a container that has ended is asked for in vain."""


def follow(
    api: Api,
    namespace: str,
    name: str,
    options: LogOptions,
    screen: Screen,
    *,
    timeout_s: float | None = None,
    began_s: float | None = None,
    pace: Pace | None = None,
) -> JobEnd | None:
    """Prints the logs of a job until it has ended, and returns how it did.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        name: Its whole name.
        options: What to print.
        screen: Where to.
        timeout_s: How long at most; None for ever.
        began_s: From when on that counts, by the monotonic clock; by default from now.
        pace: How long to wait for what.

    Returns:
        The end of the job; None where only the init container was wanted, and it is done.

    Raises:
        MissingError: There is no such Job.
        OutOfTimeError: The time is over.
        ClusterError: The cluster cannot be asked any more.
    """
    with JobNews(api, namespace, name) as news:
        return _Follower(api, namespace, name, options, screen, news, timeout_s, began_s, pace or Pace()).run()


class _Follower:
    """Follows one job."""

    def __init__(
        self,
        api: Api,
        namespace: str,
        name: str,
        options: LogOptions,
        screen: Screen,
        news: JobNews,
        timeout_s: float | None,
        began_s: float | None,
        pace: Pace,
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._name = name
        self._options = options
        self._screen = screen
        self._news = news
        self._pace = pace
        self._timeout_s = timeout_s
        self._ends_at_s = None if timeout_s is None else (time.monotonic() if began_s is None else began_s) + timeout_s
        self._done: set[str] = set()
        """Ids of the runs that are not to be printed (any more)."""
        self._last: Run | None = None
        self._last_whole = False
        """Whether the latest answer about the current run ended as it should, and the run had not been restarted."""

    def run(self) -> JobEnd | None:
        self._news.learn(self._left_s())
        self._left_s()
        scene = self._news.scene
        if scene.job is None:
            raise MissingError(f"there is no job {self._name} in namespace {self._namespace}", status=404)
        runs = runs_of(scene.pods_left, self._options.wanted)
        self._done = {run.id for run in begun_before(runs, tail=self._options.tail is not None)}
        while True:
            run = self._next_run()
            if run is None and self._is_over():
                break
            if run is not None:
                self._follow_run(run)
            else:
                self._wait()
        if self._is_init_done():
            return None
        return end_of(self._api, self._namespace, self._name, scene)

    # The Screen of the readers, so that a log that never pauses ends in time, too.

    def show(self, data: bytes) -> None:
        self._screen.show(data)
        self._left_s()

    def tell(self, text: str) -> None:
        self._screen.tell(text)

    def _next_run(self) -> Run | None:
        runs = runs_of(self._news.scene.pods, self._options.wanted)
        return next((run for run in runs if run.id not in self._done), None)

    def _is_over(self) -> bool:
        scene = self._news.scene
        if self._is_init_done() or scene.removed:
            return True
        if scene.job is None or not is_finished(scene.job):
            return False
        self._news.refresh_pods()
        return self._next_run() is None

    def _is_init_done(self) -> bool:
        last = self._last and self._current(self._last)
        return self._options.wanted is Wanted.INIT and last is not None and last.ended and last.exit_code == 0

    def _wait(self) -> None:
        """Waits until a container begins or the Job ends, saying why it waits."""
        waiting = Waiting(
            self._api,
            self._namespace,
            self._name,
            self.tell,
            look_after_s=self._pace.look_after_s,
            is_first=self._last is None,
        )
        while self._next_run() is None and not self._is_over():
            changed = self._news.next(min(waiting.pause_s(), self._left_s()))
            waiting.note(changed=changed)

    def _follow_run(self, run: Run) -> None:
        """Prints the log of a run until its end."""
        self.tell(run.title())
        reader = Reader(self._api, self._namespace, run, self._options, self)
        trouble = Trouble(self.tell, pauses=self._pace.pauses)
        tail, self._last_whole = (self._options.tail if self._last is None else None), False
        self._last = run
        while (place := place_of(run, self._news.scene.pods_left)) is not Place.GONE:
            ended = self._has_ended(run)
            try:
                if tail is not None:
                    if reader.read_tail(place, tail, silence_s=self._silence_s()).whole:
                        tail = None
                    continue
                answer = reader.read(place, follow=not ended, silence_s=self._silence_s())
                if self._judge(answer, run, reader, trouble, place, ended=ended):
                    break
            except (ForbiddenError, UnauthorizedError):
                raise
            except ClusterError as error:
                if self._is_hopeless(error, run, trouble):
                    break
        else:
            if not self._last_whole:
                self.tell(f"pod {run.pod} is gone, and what was left of its log with it")
        reader.finish()
        self._done.add(run.id)

    def _judge(self, answer: Answer, run: Run, reader: Reader, trouble: Trouble, place: Place, *, ended: bool) -> bool:
        """Returns whether a run's log is over, after an answer."""
        if answer.words:
            pause_s = trouble.failed(f"the node {run.node} says: {answer.words}")
            self._news.next(min(pause_s, self._left_s()))
            return self._has_ended(run) and trouble.failures > _PATIENT_TRIES
        trouble.passed()
        if not answer.whole:
            self._news.next(0.0 if answer.silent else 0.1)
            return False
        was_whole, self._last_whole = self._last_whole, True
        if ended:
            # A whole answer about a container that had ended before, twice: there is no more.
            return reader.is_complete(place, silence_s=self._silence_s()) or was_whole
        end_s = time.monotonic() + self._pace.status_lag_s
        while not self._has_ended(run) and (left_s := end_s - time.monotonic()) > 0:
            self._news.next(min(left_s, self._left_s()))
        if not self._has_ended(run):
            self._last_whole = False
            return False
        return reader.is_complete(place_of(run, self._news.scene.pods_left), silence_s=self._silence_s())

    def _is_hopeless(self, error: ClusterError, run: Run, trouble: Trouble) -> bool:
        """Takes a failed request for a run's log, pauses, and returns whether to give the log up."""
        pause_s = trouble.failed(words_of(error, run.node))
        self._news.next(min(pause_s, self._left_s()))
        if isinstance(error, UnreachableError):
            # The watches give up when the API server is away for too long.
            return False
        gone = isinstance(error, MissingError | RefusedError)
        job = self._news.scene.job
        is_over = self._news.scene.removed or (job is not None and is_finished(job) is not None)
        if (gone or is_over) and trouble.failures > _PATIENT_TRIES:
            self.tell(f"the log of pod {run.pod}, container {run.container}, cannot be read: {error.server_message}")
            return True
        return False

    def _current(self, run: Run) -> Run | None:
        runs = runs_of(self._news.scene.pods, self._options.wanted)
        return next((item for item in runs if item.id == run.id), None)

    def _has_ended(self, run: Run) -> bool:
        now = self._current(run)
        return now is None or now.ended

    def _silence_s(self) -> float:
        return max(0.1, min(self._pace.silence_s, self._left_s()))

    def _left_s(self) -> float:
        if self._ends_at_s is None or self._timeout_s is None:
            return float("inf")
        left_s = self._ends_at_s - time.monotonic()
        if left_s <= 0:
            raise OutOfTimeError(
                f"{self._name} has not ended within {self._timeout_s:g} s; it goes on",
                remedy=f"cajajejo jobs logs -f {self._name}{self._api.connection.options_for(self._namespace)}",
            )
        return left_s
