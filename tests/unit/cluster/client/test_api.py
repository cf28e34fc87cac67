"""Requests to an API server: what is tried again, and what every refusal is called."""

import threading
from pathlib import Path

import pytest

from api_server import FakeCluster, Reply, Request, serving, status
from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, connect
from cajajejo.errors import (
    ClusterError,
    ConflictError,
    ExitCode,
    ExpiredError,
    ForbiddenError,
    MissingError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
)

JOB = {"kind": "Job", "metadata": {"name": "x"}}


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        self.now_s += pause_s


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_overload_and_server_errors_are_tried_again(tmp_path: Path, code: int) -> None:
    with serving(status(code), status(code), Reply(body=JOB)) as server, server.api(tmp_path) as api:
        assert api.get("/x") == JOB
        assert len(server.seen) == 3


def test_a_dropped_connection_is_tried_again(tmp_path: Path) -> None:
    with serving(Reply(cut=True), Reply(body=JOB)) as server, server.api(tmp_path) as api:
        assert api.get("/x") == JOB


@pytest.mark.parametrize(
    ("code", "kind", "exit_code"),
    [
        (400, RefusedError, 2),
        (401, UnauthorizedError, 3),
        (403, ForbiddenError, 3),
        (404, MissingError, 2),
        (409, ConflictError, 3),
        (410, ExpiredError, 3),
        (413, RefusedError, 2),
        (422, RefusedError, 2),
    ],
)
def test_what_is_refused_is_sent_once(tmp_path: Path, code: int, kind: type[ClusterError], exit_code: int) -> None:
    with serving(status(code, "so it says", "Why")) as server, server.api(tmp_path) as api:
        with pytest.raises(kind, match="so it says") as caught:
            api.create("/x", JOB)
        assert (caught.value.status, caught.value.reason, caught.value.server_message) == (code, "Why", "so it says")
        assert caught.value.exit_code is ExitCode(exit_code)
        assert len(server.seen) == 1


def test_the_server_says_how_long_to_wait_but_not_for_hours(tmp_path: Path) -> None:
    clock = Clock()
    replies = [Reply(429, "later", {"Retry-After": "7"}), Reply(429, "later", {"Retry-After": "9999"}), Reply(body=JOB)]
    with serving(*replies) as server, server.api(tmp_path, clock=clock, sleep=clock.sleep) as api:
        assert api.get("/x") == JOB
    assert clock.pauses == [7.0, 30.0]


def test_pauses_grow_and_end(tmp_path: Path) -> None:
    clock = Clock()
    with (
        serving(Reply(body=JOB), status(503, "starting")) as server,
        server.api(tmp_path, clock=clock, sleep=clock.sleep) as api,
    ):
        api.get("/x")
        with pytest.raises(ClusterError, match="starting"):
            api.get("/x")
    assert clock.now_s == pytest.approx(120)
    assert clock.pauses[0] < 0.2
    assert max(clock.pauses) <= 5 * 1.3


def test_an_internal_error_is_told_sooner_than_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    with (
        serving(status(500, "failed calling webhook")) as server,
        server.api(tmp_path, clock=clock, sleep=clock.sleep) as api,
        pytest.raises(ClusterError, match="webhook"),
    ):
        api.get("/x")
    assert clock.now_s == pytest.approx(15)


def test_an_address_where_nobody_listens_is_told_soon(tmp_path: Path) -> None:
    clock = Clock()
    with serving(Reply()) as server:
        server.stop()
        with (
            server.api(tmp_path, clock=clock, sleep=clock.sleep) as api,
            pytest.raises(UnreachableError, match="connection refused") as caught,
        ):
            api.get("/x")
    assert "doctor" in (caught.value.remedy or "")
    assert clock.now_s == pytest.approx(8)


def test_a_caller_with_less_time_waits_less(tmp_path: Path) -> None:
    clock = Clock()
    with serving(Reply(body=JOB), status(503)) as server, server.api(tmp_path, clock=clock, sleep=clock.sleep) as api:
        api.get("/x")
        with pytest.raises(ClusterError):
            api.get("/x", give_up_after_s=3.0)
    assert clock.now_s == pytest.approx(3)


def test_a_restart_goes_unnoticed_and_is_told_to_whoever_asks(tmp_path: Path) -> None:
    told: list[str] = []
    with serving(Reply(body=JOB)) as server:

        def sleep(_: float) -> None:
            server.start_again()

        with server.api(tmp_path, sleep=sleep, on_retry=lambda error, _: told.append(str(error))) as api:
            api.get("/x")
            server.stop()
            assert api.get("/x") == JOB
    assert len(told) == 1
    assert "cannot be reached" in told[0]


def test_rights_that_a_starting_server_has_not_loaded_are_asked_for_again(tmp_path: Path) -> None:
    replies = [Reply(body=JOB), status(503), status(403, "x is forbidden: User u cannot"), Reply(body=JOB)]
    with serving(*replies) as server, server.api(tmp_path) as api:
        api.get("/x")
        assert api.get("/x") == JOB


def test_a_created_object_whose_answer_was_lost_is_a_conflict(tmp_path: Path) -> None:
    cluster = FakeCluster()
    lost = iter([Reply(cut=True)])
    cluster.after = lambda _: next(lost, None)
    with cluster.serving() as server, server.api(tmp_path) as api:
        with pytest.raises(ConflictError):
            api.create("/apis/batch/v1/namespaces/here/jobs", JOB)
        assert list(cluster.of_kind("jobs")) == ["x"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "<html>Please log in</html>", {"Content-Type": "text/html"}),
        Reply(200, "[1, 2]", {"Content-Type": "application/json"}),
        Reply(302, "", {"Location": "https://login"}),
        Reply(403, "<html>Blocked</html>", {"Content-Type": "text/html"}),
        Reply(404, "<!doctype html>", {"Content-Type": "text/html; charset=utf-8"}),
        Reply(400, "Client sent an HTTP request to an HTTPS server.\n"),
        Reply(407, "Proxy Authentication Required"),
    ],
)
def test_what_is_no_api_server_is_called_so(tmp_path: Path, reply: Reply) -> None:
    with serving(reply) as server, server.api(tmp_path) as api:
        with pytest.raises(UnreachableError, match="not as a Kubernetes API server") as caught:
            api.get("/x")
        assert "proxy" in (caught.value.remedy or "")
        assert "<" not in str(caught.value)
        assert len(server.seen) == 1


def test_an_api_that_the_server_lacks_is_missing(tmp_path: Path) -> None:
    with (
        serving(Reply(404, "404 page not found\n")) as server,
        server.api(tmp_path) as api,
        pytest.raises(MissingError, match="404 page not found"),
    ):
        api.get("/apis/kueue.x-k8s.io/v1beta1/clusterqueues")


def test_a_missing_namespace_is_named_with_what_to_do(tmp_path: Path) -> None:
    reply = status(404, 'namespaces "there" not found', "NotFound", name="there", kind="namespaces")
    with (
        serving(reply) as server,
        server.api(tmp_path) as api,
        pytest.raises(MissingError, match="there is no namespace there") as caught,
    ):
        api.create("/x", JOB)
    assert "kubectl create namespace there" in (caught.value.remedy or "")


def test_a_rule_of_the_cluster_is_not_taken_for_a_right(tmp_path: Path) -> None:
    reply = status(403, 'pods "x" is forbidden: exceeded quota: q', "Forbidden")
    with (
        serving(reply) as server,
        server.api(tmp_path) as api,
        pytest.raises(ForbiddenError, match="exceeded quota") as caught,
    ):
        api.create("/x", JOB)
    assert caught.value.remedy is None


def test_a_refused_login_is_read_anew_once(tmp_path: Path) -> None:
    tokens: list[str] = []

    def answer(request: Request) -> Reply:
        tokens.append(request.headers["authorization"])
        return Reply(body=JOB) if request.headers["authorization"] == "Bearer new" else status(401, "Unauthorized")

    with serving(answer) as server:
        path = server.kubeconfig(tmp_path)
        connection = connect(ClusterOptions(kubeconfig=path))
        connection.renewable_after_s = 0.0
        path.write_text(path.read_text().replace("t0ken", "new"))
        api = Api(connection)
        assert api.get("/x") == JOB
        api.close()
    assert tokens == ["Bearer t0ken", "Bearer new"]


def test_a_login_that_another_thread_has_renewed_is_tried_before_it_is_called_wrong(tmp_path: Path) -> None:
    """Both ask with the old login; when the second is refused, the first has just read the new one."""
    both_asked = threading.Barrier(2)
    first_is_done = threading.Event()

    def answer(request: Request) -> Reply:
        if request.headers["authorization"] == "Bearer new":
            return Reply(body=JOB)
        both_asked.wait(10)
        if request.path == "/second":
            first_is_done.wait(10)
        return status(401, "Unauthorized")

    with serving(answer) as server:
        path = server.kubeconfig(tmp_path)
        connection = connect(ClusterOptions(kubeconfig=path))
        connection.renewable_after_s = 0.0
        path.write_text(path.read_text().replace("t0ken", "new"))
        api = Api(connection)
        found: dict[str, object] = {}
        second = threading.Thread(target=lambda: found.update(second=api.get("/second")))
        second.start()
        found["first"] = api.get("/first")
        connection.renewable_after_s = 600.0
        first_is_done.set()
        second.join()
        api.close()
    assert found == {"first": JOB, "second": JOB}


def test_threads_share_one_way(tmp_path: Path) -> None:
    cluster = FakeCluster()
    with cluster.serving() as server, server.api(tmp_path) as api:
        threads = [
            threading.Thread(
                target=api.create,
                args=("/apis/batch/v1/namespaces/here/jobs", {"kind": "Job", "metadata": {"name": f"j{number}"}}),
            )
            for number in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(cluster.of_kind("jobs")) == 20


def test_requests_say_who_writes_and_what_is_wanted(tmp_path: Path) -> None:
    with serving(Reply(body=JOB)) as server, server.api(tmp_path) as api:
        api.create("/x", JOB, dry_run=True)
        api.apply("/x", JOB, force=True)
        api.delete("/x", uid="u", version="7", grace_s=5)
        created, applied, deleted = server.seen
    assert created.query == {"fieldManager": "cajajejo", "fieldValidation": "Strict", "dryRun": "All"}
    assert applied.query == {"fieldManager": "cajajejo", "fieldValidation": "Strict", "force": "true"}
    assert applied.headers["Content-Type"] == "application/apply-patch+yaml"
    assert deleted.body is not None
    assert deleted.body["preconditions"] == {"uid": "u", "resourceVersion": "7"}
    assert deleted.body["gracePeriodSeconds"] == 5


def test_the_servers_clock_is_known_after_its_first_answer(tmp_path: Path) -> None:
    with (
        serving(Reply(body=JOB, headers={"Date": "Wed, 01 Jan 2031 00:00:00 GMT"})) as server,
        server.api(tmp_path) as api,
    ):
        api.get("/x")
        assert api.now_s() == pytest.approx(1924992000, abs=60)


def test_what_is_applied_is_json_and_yaml_alike() -> None:
    import json

    import yaml

    from cajajejo.cluster.client.api import as_json_and_yaml

    body = {"data": "emoji 😀, next line \x85, separator \u2028, delete \x7f, mark \ufeff"}
    text = as_json_and_yaml(body)
    assert json.loads(text) == yaml.safe_load(text) == body


DEEP = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", '"hi"', '{"items": [', DEEP, '{"metadata": null}', '{"items": 5}', '{"items": [null]}'),
        *('{"items": [{"metadata": "x"}]}', '{"rows": NaN}', '{"rows": [1]}', '{"columnDefinitions": ["Name"]}'),
    ],
)
def test_json_that_is_no_object_of_kubernetes_is_told(tmp_path: Path, text: str) -> None:
    reply = Reply(200, text, {"Content-Type": "application/json"})
    with (
        serving(reply) as server,
        server.api(tmp_path) as api,
        pytest.raises(UnreachableError, match="answers, but not as a Kubernetes API server does"),
    ):
        api.get("/x")


def test_a_failure_with_status_200_is_one(tmp_path: Path) -> None:
    body = {"kind": "Status", "status": "Failure", "code": 403, "message": "not you", "reason": "Forbidden"}
    with (
        serving(Reply(body=body)) as server,
        server.api(tmp_path) as api,
        pytest.raises(ForbiddenError, match="not you"),
    ):
        api.get("/x")


def test_a_list_of_nothing_is_one(tmp_path: Path) -> None:
    with serving(Reply(body={"kind": "PodList", "metadata": {}, "items": None})) as server, server.api(tmp_path) as api:
        assert api.get("/x")["items"] is None
