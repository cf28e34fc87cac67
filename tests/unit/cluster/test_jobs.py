"""Which Job a name means, and what a Job's object says."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_server import FakeCluster, Reply, serving, status
from cajajejo.cluster.jobs import (
    attempt_of,
    condition,
    find_job,
    is_deleting,
    is_finished,
    is_ours,
    matching_names,
    name_of,
    time_at,
)
from cajajejo.errors import MissingError

OURS = {"app.kubernetes.io/managed-by": "cajajejo"}
JOBS = "/apis/batch/v1/namespaces/here/jobs"


def cluster_with(*names: str, labels: dict[str, str] | None = None) -> FakeCluster:
    cluster = FakeCluster()
    for name in names:
        metadata = {"name": name, "uid": name, "labels": OURS if labels is None else labels}
        cluster.objects[f"{JOBS}/{name}"] = {"kind": "Job", "metadata": metadata}
    return cluster


def found(cluster: FakeCluster, folder: Path, name: str) -> dict[str, Any]:
    with cluster.serving() as server, server.api(folder) as api:
        return find_job(api, name)


@pytest.mark.parametrize(
    "name", ["eval-merciful-crocodile-7f2a", "merciful-crocodile", "crocodile-7f", "7f2a", "eval-mer"]
)
def test_a_name_may_be_shortened_while_it_means_one_job(tmp_path: Path, name: str) -> None:
    cluster = cluster_with("eval-merciful-crocodile-7f2a", "eval-brave-otter-11aa")
    job = found(cluster, tmp_path, name)
    assert (name_of(job), job["kind"]) == ("eval-merciful-crocodile-7f2a", "Job")


def test_a_whole_name_is_one_request_and_means_itself(tmp_path: Path) -> None:
    cluster = cluster_with("eval-otter-11aa", "eval-otter-11aa-2")
    with cluster.serving() as server, server.api(tmp_path) as api:
        assert name_of(find_job(api, "eval-otter-11aa")) == "eval-otter-11aa"
        assert len(server.seen) == 1


def test_a_part_that_several_have_names_them(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="eval-otter-11aa, eval-otter-22bb") as caught:
        found(cluster_with("eval-otter-11aa", "eval-otter-22bb"), tmp_path, "otter")
    assert caught.value.remedy == "give more of the name"


@pytest.mark.parametrize("name", ["eval-oter-11aa", "ter-11aa"])
def test_a_misspelled_name_gets_the_nearest_right_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingError, match=f"no job {name} in namespace here") as caught:
        found(cluster_with("eval-otter-11aa"), tmp_path, name)
    assert "did you mean eval-otter-11aa?" in (caught.value.remedy or "")


def test_without_a_right_to_list_the_name_is_missing_all_the_same(tmp_path: Path) -> None:
    with (
        serving(status(404, "not found"), status(403, "jobs is forbidden: User u")) as server,
        server.api(tmp_path) as api,
        pytest.raises(MissingError, match="no job x"),
    ):
        find_job(api, "x")


def test_a_job_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="not one of cajajejo's"):
        found(cluster_with("other", labels={}), tmp_path, "other")


def test_a_name_cannot_lead_elsewhere(tmp_path: Path) -> None:
    with serving(status(404), Reply(body={"items": []})) as server, server.api(tmp_path) as api:
        with pytest.raises(MissingError):
            find_job(api, "../secrets/x?watch=1", namespace="here/../there")
        assert server.seen[0].path == ("/apis/batch/v1/namespaces/here%2F..%2Fthere/jobs/..%2Fsecrets%2Fx%3Fwatch%3D1")


def test_parts_begin_at_a_word() -> None:
    assert matching_names("otter", ["eval-otter-1", "eval-rotter-1", "otter"]) == ["eval-otter-1", "otter"]
    assert matching_names("", ["a"]) == []


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], None),
        ([{"type": "Complete", "status": "True"}], "Complete"),
        ([{"type": "SuccessCriteriaMet", "status": "True"}], None),
        ([{"type": "FailureTarget", "status": "True"}], None),
        ([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}], "Failed"),
        ([{"type": "Failed", "status": "False"}], None),
        ([{"type": "Suspended", "status": "True"}], None),
    ],
)
def test_a_job_has_ended_when_its_last_condition_holds(conditions: list[Any], expected: str | None) -> None:
    assert is_finished({"status": {"conditions": conditions}}) == expected


def test_objects_that_lack_everything_can_be_read() -> None:
    for item in ({}, {"metadata": {"labels": None}, "status": {"conditions": None}}):
        assert (is_finished(item), is_ours(item), is_deleting(item), attempt_of(item)) == (None, False, False, 1)
        assert condition(item, "Complete") is None


@pytest.mark.parametrize(("label", "attempt"), [("3", 3), ("x", 1), ("", 1), ("-2", 1), ("²", 1)])
def test_an_attempt_that_is_no_number_is_the_first(label: str, attempt: int) -> None:
    assert attempt_of({"metadata": {"labels": {"cajajejo/attempt": label}}}) == attempt


def read(text: str | None) -> float | None:
    return time_at({"metadata": {"creationTimestamp": text}}, "metadata", "creationTimestamp")


@given(st.datetimes(min_value=datetime.datetime(1971, 1, 1), max_value=datetime.datetime(2200, 1, 1)))
def test_times_are_read_as_the_server_writes_them(moment: datetime.datetime) -> None:
    expected = moment.replace(tzinfo=datetime.timezone.utc)
    assert read(f"{moment:%Y-%m-%dT%H:%M:%S}Z") == expected.replace(microsecond=0).timestamp()
    assert read(f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z") == pytest.approx(expected.timestamp(), abs=1e-4)


@pytest.mark.parametrize("text", [None, "", "yesterday", "2024-13-01T00:00:00Z"])
def test_what_is_no_time_is_none(text: str | None) -> None:
    assert read(text) is None


def test_a_time_of_another_zone_has_fractions_too() -> None:
    assert read("2024-05-01T12:00:00.25+02:00") == read("2024-05-01T10:00:00Z") + 0.25  # type: ignore[operator]
