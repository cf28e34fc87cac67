"""Cloud Logging: the real client against a server that speaks its protocol."""

import datetime
import socket
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from cajajejo.cloud_logs.google import PAGE_SIZE, CloudLogging, Pace
from cajajejo.cloud_logs.query import LogQuery
from cajajejo.errors import BadInputError, CajajejoError, ExitCode, InfrastructureError
from fake_cloud_logging import FakeCloudLogging, container_entry

DAY = datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc)
QUERY = LogQuery("eval-x", DAY, DAY + datetime.timedelta(days=1))
QUICK = Pace(first_s=0.001, longest_s=0.002, give_up_s=0.2)
PATIENT = Pace(first_s=0.001, longest_s=0.002, give_up_s=60.0)


def read(endpoint: str, *, project: str = "p1", pace: Pace = PATIENT, tell: Callable[[str], object] = len) -> list[str]:
    cloud = CloudLogging(project, endpoint=endpoint, pace=pace, tell=tell)
    return [entry.message for entry in cloud.entries(QUERY)]


@pytest.fixture
def server() -> FakeCloudLogging:
    entries = [container_entry(number, "eval-x") for number in range(7)]
    return FakeCloudLogging({"p1": [*reversed(entries), container_entry(1, "other")]})


def test_all_pages_in_order(server: FakeCloudLogging) -> None:
    server.longest_page = 3
    with server as endpoint:
        assert read(endpoint) == [f"line {number}" for number in range(7)]
    assert [len(request.page_token) > 0 for request in server.seen] == [False, True, True]
    first = server.seen[0]
    assert (list(first.resource_names), first.order_by, first.page_size) == (
        ["projects/p1"],
        "timestamp asc",
        PAGE_SIZE,
    )
    assert first.filter == QUERY.filter_text()
    assert {request.filter for request in server.seen} == {first.filter}


def test_a_page_without_entries_is_not_the_end(server: FakeCloudLogging) -> None:
    server.empty_pages = 2
    with server as endpoint:
        assert len(read(endpoint)) == 7


def test_a_long_search_is_told(server: FakeCloudLogging) -> None:
    server.empty_pages = 25
    told: list[str] = []
    with server as endpoint:
        assert len(read(endpoint, tell=told.append)) == 7
    assert told == ["Cloud Logging is still searching"] * 2


def test_nothing_is_no_error_here(server: FakeCloudLogging) -> None:
    with FakeCloudLogging({"p1": []}) as endpoint:
        assert read(endpoint) == []


def test_an_entry_keeps_what_the_api_says_of_it() -> None:
    wanted = container_entry(
        1, "eval-x", severity="ERROR", jsonPayload={"message": "m", "n": 1.5, "deep": [None, {"a": True}]}
    )
    with FakeCloudLogging({"p1": [wanted]}) as endpoint:
        (entry,) = CloudLogging("p1", endpoint=endpoint, pace=PATIENT).entries(QUERY)
    assert entry.data == wanted


def test_no_severity_is_the_default_one() -> None:
    wanted = container_entry(1, "eval-x")
    del wanted["severity"]
    with FakeCloudLogging({"p1": [wanted]}) as endpoint:
        (entry,) = CloudLogging("p1", endpoint=endpoint, pace=PATIENT).entries(QUERY)
    assert entry.data["severity"] == "DEFAULT"


@pytest.mark.parametrize("code", ["RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL", "ABORTED"])
def test_what_passes_is_tried_again(server: FakeCloudLogging, code: str) -> None:
    server.failures = [(grpc.StatusCode[code], "as asked")] * 4
    told: list[str] = []
    with server as endpoint:
        assert len(read(endpoint, tell=told.append)) == 7
    assert told == ["Cloud Logging: as asked; trying again"] * 4
    assert len(server.seen) == 5


def test_a_page_in_the_middle_is_tried_again(server: FakeCloudLogging) -> None:
    server.longest_page = 3
    with server as endpoint:
        entries = CloudLogging("p1", endpoint=endpoint, pace=PATIENT).entries(QUERY)
        first = next(entries)
        server.failures = [(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota")]
        assert [entry.message for entry in (first, *entries)] == [f"line {number}" for number in range(7)]


@pytest.mark.parametrize(
    ("code", "kind", "told", "remedy"),
    [
        ("PERMISSION_DENIED", BadInputError, "may not read the logs of project p1", "roles/logging.viewer"),
        ("UNAUTHENTICATED", BadInputError, "the login .* is refused", "gcloud auth application-default login"),
        ("INVALID_ARGUMENT", BadInputError, "cannot be asked for", "cajajejo.project"),
        ("RESOURCE_EXHAUSTED", InfrastructureError, "quota .* is used up", "--shift-amount"),
        ("ABORTED", InfrastructureError, "cannot be read", "try again"),
        ("UNAVAILABLE", InfrastructureError, "cannot be read", "try again"),
        ("DATA_LOSS", InfrastructureError, "cannot be read", "try again"),
    ],
)
def test_what_does_not_pass(
    server: FakeCloudLogging, code: str, kind: type[CajajejoError], told: str, remedy: str
) -> None:
    server.failures = [(grpc.StatusCode[code], "as asked")] * 10_000
    with server as endpoint, pytest.raises(CajajejoError, match=told) as caught:
        read(endpoint, pace=QUICK)
    assert type(caught.value) is kind
    assert "as asked" in str(caught.value)
    assert remedy in str(caught.value.remedy)
    if kind is BadInputError:
        assert len(server.seen) == 1, "what a retry cannot mend is not tried again"


def test_a_login_that_runs_out_meanwhile_is_no_server_that_is_away(server: FakeCloudLogging) -> None:
    # What gRPC makes of google-auth's RefreshError.
    said = "Getting metadata from plugin failed with error: ('invalid_grant: Token has been expired or revoked.', {})"
    server.failures = [(grpc.StatusCode.UNAVAILABLE, said)] * 10_000
    with server as endpoint, pytest.raises(BadInputError, match="invalid_grant") as caught:
        read(endpoint)
    assert caught.value.remedy == "log in: gcloud auth application-default login"
    assert len(server.seen) == 1


def test_a_project_that_is_not_there(server: FakeCloudLogging) -> None:
    with server as endpoint, pytest.raises(BadInputError, match="Project does not exist: nosuch"):
        read(endpoint, project="nosuch")


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InfrastructureError, match=r"cannot be read: .*onnect"):
            read(endpoint, pace=QUICK)


def test_without_a_login(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(BadInputError, match="no login for Google Cloud") as caught:
        read("")
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    assert caught.value.remedy == "log in: gcloud auth application-default login"


def test_the_file_of_a_login_is_named_by_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.json").write_text("{")
    for name in ("nosuch.json", "key.json", "."):
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / name))
        with pytest.raises(BadInputError, match="no login for Google Cloud") as caught:
            read("")
        assert "GOOGLE_APPLICATION_CREDENTIALS" in str(caught.value.remedy)
