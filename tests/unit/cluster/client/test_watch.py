"""Watches: everything once, in order, whatever happens to the connection."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_server import Reply, Request, serving, status
from cajajejo.cluster.client.watch import Change, ChangeKind, Feed, Watch, watch
from cajajejo.errors import ForbiddenError, UnreachableError

Json = dict[str, Any]


def pod(name: str, version: int, **fields: object) -> Json:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}, **fields}


def listed(version: int, *pods: Json) -> Reply:
    return Reply(body={"kind": "PodList", "metadata": {"resourceVersion": str(version)}, "items": list(pods)})


def event(kind: str, item: Json) -> Json:
    return {"type": kind, "object": item}


def events(*items: Json | str, cut: bool = False) -> Reply:
    return Reply(lines=items, cut=cut)


def told(change: Change) -> tuple[str, str]:
    return change.kind.name, str(change.object.get("metadata", {}).get("name", ""))


def take(changes: Iterator[Change], count: int) -> list[tuple[str, str]]:
    return [told(change) for change in itertools.islice(changes, count)]


def test_what_exists_is_told_first_and_then_what_changes(tmp_path: Path) -> None:
    stream = events(event("ADDED", pod("b", 8)), event("MODIFIED", pod("a", 9)), event("DELETED", pod("b", 10)))
    with serving(listed(7, pod("a", 3)), stream) as server, server.api(tmp_path) as api:
        seen = take(watch(api, "/pods", {"labelSelector": "x=y"}), 4)
        query = server.seen[1].query
    assert seen == [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
    assert query["labelSelector"] == "x=y"
    assert query["resourceVersion"] == "7"
    assert query["allowWatchBookmarks"] == "true"


def test_the_end_of_a_list_is_told_where_wanted_also_of_an_empty_one(tmp_path: Path) -> None:
    with serving(listed(7), events()) as server, server.api(tmp_path) as api:
        assert take(watch(api, "/pods", say_listed=True), 1) == [("LISTED", "")]


def test_a_list_that_takes_all_the_time_there_is_ends_the_watch_quietly(tmp_path: Path) -> None:
    with serving(listed(7, pod("a", 3))) as server, server.api(tmp_path) as api:
        changes = watch(api, "/pods", deadline_s=0.2)
        assert told(next(changes)) == ("ADDED", "a")
        threading.Event().wait(0.3)
        assert list(changes) == []
        assert len(server.seen) == 1


@pytest.mark.parametrize("cut", [False, True])
def test_a_watch_goes_on_from_what_it_saw_last(tmp_path: Path, cut: bool) -> None:
    first = events(event("ADDED", pod("a", 8)), event("BOOKMARK", pod("", 20)), '{"type": "MOD', cut=cut)
    second = events(event("MODIFIED", pod("a", 21)))
    with serving(listed(7), first, second) as server, server.api(tmp_path) as api:
        assert take(watch(api, "/pods"), 2) == [("ADDED", "a"), ("MODIFIED", "a")]
        assert [request.query.get("resourceVersion") for request in server.seen] == [None, "7", "20"]


@pytest.mark.parametrize(
    "forgotten",
    [
        status(410, "too old resource version", "Expired"),
        events(event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})),
    ],
    ids=["at once", "later"],
)
def test_a_forgotten_version_is_bridged_by_the_difference(tmp_path: Path, forgotten: Reply) -> None:
    replies = [
        listed(7, pod("kept", 1), pod("changed", 2), pod("gone", 3)),
        forgotten,
        listed(90, pod("kept", 1), pod("changed", 80), pod("new", 81)),
        events(),
    ]
    with serving(*replies) as server, server.api(tmp_path) as api:
        seen = take(watch(api, "/pods"), 6)
    assert seen[3:] == [("DELETED", "gone"), ("MODIFIED", "changed"), ("ADDED", "new")]


def test_a_recreated_object_is_another_one(tmp_path: Path) -> None:
    again = {"metadata": {"name": "a", "uid": "other", "resourceVersion": "50"}}
    with (
        serving(listed(7, pod("a", 1)), status(410), listed(90, again), events()) as server,
        server.api(tmp_path) as api,
    ):
        assert take(watch(api, "/pods"), 3) == [("ADDED", "a"), ("DELETED", "a"), ("ADDED", "a")]


def test_a_server_that_was_restored_from_older_data_is_listed_anew(tmp_path: Path) -> None:
    future = event("ERROR", {"code": 504, "message": "Too large resource version: 900, current: 3"})
    with serving(listed(900), events(future), listed(3, pod("a", 2)), events()) as server, server.api(tmp_path) as api:
        assert take(watch(api, "/pods"), 1) == [("ADDED", "a")]


def test_a_restart_of_the_server_goes_unnoticed(tmp_path: Path) -> None:
    stopped = threading.Event()

    def dies(_: Request) -> Reply:
        threading.Thread(target=lambda: (server.stop(), stopped.set())).start()
        return Reply(lines=(line for line in [event("ADDED", pod("a", 8))] if True), cut=True)

    def sleep(_: float) -> None:
        assert stopped.wait(10)
        server.start_again()

    with (
        serving(listed(7), dies, events(event("MODIFIED", pod("a", 9)))) as server,
        server.api(tmp_path, sleep=sleep) as api,
    ):
        assert take(watch(api, "/pods"), 2) == [("ADDED", "a"), ("MODIFIED", "a")]


def test_a_refusal_ends_it(tmp_path: Path) -> None:
    with (
        serving(status(403, "pods is forbidden: User u")) as server,
        server.api(tmp_path) as api,
        pytest.raises(ForbiddenError),
    ):
        next(watch(api, "/pods"))


def test_it_ends_at_its_deadline_and_asks_the_server_to_end_it_then(tmp_path: Path) -> None:
    silent = threading.Event()
    silence = Reply(lines=("" for _ in iter(lambda: silent.wait(30), True)))
    with serving(listed(7, pod("a", 1)), silence) as server, server.api(tmp_path) as api:
        assert [told(change) for change in watch(api, "/pods", deadline_s=0.3)] == [("ADDED", "a")]
        silent.set()
        assert server.seen[1].query["timeoutSeconds"] == "1"
        assert len(server.seen) == 2


def test_a_server_that_is_away_at_the_deadline_is_no_error(tmp_path: Path) -> None:
    with serving(listed(7), status(503)) as server, server.api(tmp_path) as api:
        assert list(watch(api, "/pods", deadline_s=0.3)) == []


def test_a_server_that_never_answers_is_one(tmp_path: Path) -> None:
    with serving(listed(7)) as server:
        server.stop()
        with server.api(tmp_path, clock=itertools.count().__next__) as api, pytest.raises(UnreachableError):
            next(watch(api, "/pods"))


def test_another_thread_can_end_it_while_it_waits(tmp_path: Path) -> None:
    silent = threading.Event()
    silence = Reply(lines=("" for _ in iter(lambda: silent.wait(30), True)))
    with serving(listed(7, pod("a", 1)), silence) as server, server.api(tmp_path) as api:
        one = Watch(api, "/pods")
        changes = iter(one)
        assert told(next(changes)) == ("ADDED", "a")
        threading.Timer(0.05, one.close).start()
        assert list(changes) == []
        silent.set()


def test_several_watches_make_one_stream(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        if "watch" in request.query:
            return events(cut=True)
        return listed(7, pod(request.path.strip("/"), 1))

    with (
        serving(answer) as server,
        server.api(tmp_path) as api,
        Feed(api, {"pods": ("/p", {}), "events": ("/e", {})}) as feed,
    ):
        news = [feed.next(10), feed.next(10)]
        assert feed.next(0.01) is None
    assert sorted((source, told(change)) for source, change in filter(None, news)) == [
        ("events", ("ADDED", "e")),
        ("pods", ("ADDED", "p")),
    ]


def test_what_one_source_may_not_see_does_not_end_the_others(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/e":
            return status(403, "events is forbidden: User u")
        return events(cut=True) if "watch" in request.query else listed(7, pod("a", 1))

    with serving(answer) as server, server.api(tmp_path) as api, Feed(api, {"p": ("/p", {}), "e": ("/e", {})}) as feed:
        outcomes = []
        for _ in range(2):
            try:
                outcomes.append(feed.next(10))
            except ForbiddenError as error:
                outcomes.append(error)
    assert sum(isinstance(outcome, ForbiddenError) for outcome in outcomes) == 1
    assert any(isinstance(outcome, tuple) and outcome[1].kind is ChangeKind.ADDED for outcome in outcomes)
