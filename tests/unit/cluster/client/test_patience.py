"""Servers that take a request and never come to an end: how long anybody waits for them."""

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_server import Reply, serving
from cajajejo.cluster.client.api import Api, Retries
from cajajejo.cluster.client.changes import lines_of
from cajajejo.cluster.client.connection import ClusterOptions, connect
from cajajejo.cluster.client.patience import Patience, TooLateError, within
from cajajejo.errors import UnreachableError
from mute_server import WAYS, MuteServer, mute

SHORT = Patience(connect_s=0.2, first_silence_s=0.2, silence_s=0.2, whole_s=0.4, slow_s=0.1)


@contextlib.contextmanager
def api_of(server: MuteServer, folder: Path, **arguments: object) -> Iterator[Api]:
    connection = connect(ClusterOptions(kubeconfig=server.kubeconfig(folder)))
    given = {"patience": SHORT, "retries": Retries(before_first_answer_s=0.0), **arguments}
    api = Api(connection, **given)  # type: ignore[arg-type]
    try:
        yield api
    finally:
        api.close()


@pytest.mark.parametrize("way", WAYS)
def test_no_answer_is_waited_for_without_end(tmp_path: Path, way: str) -> None:
    with mute(way) as server, api_of(server, tmp_path) as api, pytest.raises(UnreachableError) as caught:
        api.get("/version")
    assert str(caught.value).startswith(f"the API server {server.address} cannot be reached: no ")
    assert re.search(r"answer to GET /version within \d+ s$", str(caught.value))
    assert caught.value.remedy


def test_a_log_that_does_not_begin_is_given_up(tmp_path: Path) -> None:
    patience = Patience(connect_s=0.05, whole_s=0.4)
    with (
        mute("sends the head byte by byte") as server,
        api_of(server, tmp_path, patience=patience) as api,
        pytest.raises(UnreachableError, match="no whole answer to GET /log"),
        api.stream("/log", silence_s=0.2),
    ):
        pass


def test_an_answer_that_comes_without_end_is_cut_off(tmp_path: Path) -> None:
    """As a watch is on a connection of which the server knows nothing any more."""
    with (
        mute("sends a log byte by byte") as server,
        api_of(server, tmp_path) as api,
        api.stream("/pods", silence_s=30.0, cut_after_s=0.2) as response,
    ):
        assert list(lines_of(response)) == []


def test_a_log_that_has_begun_may_be_silent_for_longer_than_it_may_take_to_begin(tmp_path: Path) -> None:
    went = threading.Event()

    def lines() -> Iterator[str]:
        yield "first\n"
        went.wait(0.5)
        yield "second\n"

    patience = Patience(connect_s=0.1, whole_s=0.2)
    with (
        serving(Reply(lines=lines())) as server,
        server.api(tmp_path, patience=patience) as api,
        api.stream("/log", silence_s=30.0) as response,
    ):
        assert list(lines_of(response)) == [b"first", b"second"]


def test_a_slow_answer_is_told_of(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    with (
        mute("says nothing") as server,
        api_of(server, tmp_path, on_slow=lambda *what: told.append(what)) as api,
        pytest.raises(UnreachableError),
    ):
        api.get("/version")
    assert told == [("GET /version", 0.1)]


def test_a_server_that_has_answered_gets_more_time(tmp_path: Path) -> None:
    go = threading.Event()

    def late(_: object) -> Reply:
        go.wait(0.3)
        return Reply(body={"kind": "late"})

    patience = Patience(first_silence_s=0.1, silence_s=10.0)
    with serving(Reply(body={"kind": "first"}), late) as server, server.api(tmp_path, patience=patience) as api:
        assert api.get("/x") == {"kind": "first"}
        assert api.get("/x") == {"kind": "late"}


def test_whoever_has_little_time_left_does_not_wait_longer(tmp_path: Path) -> None:
    began_s = time.monotonic()
    with (
        mute("sends the body byte by byte") as server,
        api_of(server, tmp_path, patience=Patience()) as api,
        pytest.raises(UnreachableError),
    ):
        api.get("/version", give_up_after_s=0.1)
    assert time.monotonic() - began_s < 20


def test_what_comes_too_late_is_undone() -> None:
    end, undone = threading.Event(), threading.Event()

    def act() -> str:
        end.wait(30)
        return "late"

    with pytest.raises(TooLateError):
        within(0.05, act, slow_s=0.01, on_slow=lambda: None, undo=lambda what: undone.set() if what == "late" else None)
    end.set()
    assert undone.wait(30)


def test_an_error_of_what_is_begun_is_raised() -> None:
    def act() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        within(30.0, act, slow_s=10.0, on_slow=lambda: None)
