"""How a job stands, again and again, without polling."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api_server import ApiServer, Reply, Request, serving, status
from cajajejo.cluster.explain.verdict import State
from cajajejo.cluster.follow.job_views import EventFollower, job_views
from cajajejo.pod_protocol import PodEvent
from job_objects import NAME, POD, Json, condition, ended, event, job, pod, running

JOBS = "/apis/batch/v1/namespaces/here/jobs"
PODS = "/api/v1/namespaces/here/pods"
EVENTS = "/api/v1/namespaces/here/events"
LOG = f"{PODS}/{POD}/log"


class Life:
    """A job that runs until it is told to end; its watches and its log stay open until then."""

    def __init__(self) -> None:
        self.job = job()
        self.pod = pod(phase="Running", node="n", scheduled_s=1, main=running(2))
        self.over = threading.Event()
        self.says: list[str] = []
        self.warnings: list[Json] = []

    def answer(self, request: Request) -> Reply:
        if "watch" in request.query:
            return Reply(lines=self._changes(request.path))
        if request.path == LOG:
            return Reply(lines=self._log())
        lists = {JOBS: [self.job], PODS: [self.pod], EVENTS: self.warnings if "type" in str(request.query) else []}
        if request.path in lists:
            return Reply(body={"metadata": {"resourceVersion": "1"}, "items": lists[request.path]})
        return Reply(body=self.job) if request.path == f"{JOBS}/{NAME}" else status(404, "not found", "NotFound")

    def end(self) -> None:
        self.job = job(conditions=[condition("Complete", 9)])
        self.pod = pod(phase="Succeeded", node="n", scheduled_s=1, main=ended(2, 8))
        self.over.set()

    def _changes(self, path: str) -> Iterator[Json]:
        self.over.wait(10)
        if path == JOBS:
            yield {"type": "MODIFIED", "object": self.job}

    def _log(self) -> Iterator[str]:
        yield from self.says
        self.over.wait(10)


def observations(server: ApiServer) -> int:
    return server.asked().count(f"GET {JOBS}/{NAME}")


def test_views_come_with_time_and_changes_and_only_changes_cost_requests(tmp_path: Path) -> None:
    life = Life()
    with serving(life.answer) as server, server.api(tmp_path) as api:
        views = job_views(api, "here", NAME, tick_s=0.05)
        first = next(views)
        assert (first.verdict.state, first.is_over, first.is_new) == (State.RUNNING, False, True)
        while next(views).is_new:
            """What was there from the start is told by the watches once more."""
        before = len(server.seen)
        ticks = [next(views) for _ in range(5)]
        assert not any(view.is_new for view in ticks)
        assert ticks[-1].seen.now_s > ticks[0].seen.now_s
        assert len(server.seen) == before
        life.end()
        *_, last = views
        assert (last.verdict.state, last.is_over) == (State.SUCCEEDED, True)
        assert observations(server) <= 4


def test_what_containers_say_is_a_change(tmp_path: Path) -> None:
    life = Life()
    said = PodEvent("step", 5.0, {"text": "loading"})
    life.says = ["words\n" + said.to_line()[:20], said.to_line()[20:] + "\n"]
    with serving(life.answer) as server, server.api(tmp_path) as api:
        for view in job_views(api, "here", NAME, tick_s=0.05):
            if view.said.evaluation:
                assert view.is_new
                assert list(view.said.evaluation) == [said]
                life.end()


def test_warnings_about_others_are_no_change(tmp_path: Path) -> None:
    life = Life()
    life.warnings = [event("FailedMount", "x", about="another-pod")]
    with serving(life.answer) as server, server.api(tmp_path) as api:
        views = job_views(api, "here", NAME, tick_s=0.05)
        for _ in range(10):
            next(views)
        assert observations(server) == 2
        life.end()
        assert list(views)[-1].is_over


def test_a_source_that_may_not_be_seen_stops_nothing(tmp_path: Path) -> None:
    life = Life()
    plain = life.answer

    def answer(request: Request) -> Reply:
        forbidden = request.path == EVENTS
        return status(403, "no", "Forbidden") if forbidden else plain(request)

    with serving(answer) as server, server.api(tmp_path) as api:
        views = job_views(api, "here", NAME, tick_s=0.05)
        assert next(views).seen.unseen == ("events: forbidden",)
        life.end()
        assert list(views)[-1].is_over


def test_a_follower_tells_whether_its_log_broke_off(tmp_path: Path) -> None:
    done = threading.Event()

    def ending(cut: bool) -> Any:
        return Reply(lines=[PodEvent("step", 1.0).to_line() + "\n"], cut=cut)

    for cut in (False, True):
        with serving(ending(cut)) as server, server.api(tmp_path) as api:
            follower = EventFollower(api, "here", POD, "eval")
            while not follower.has_ended and not done.wait(0.01):
                """It reads in a thread of its own."""
            assert len(follower.events()) == 1
            assert follower.broke_off is cut
