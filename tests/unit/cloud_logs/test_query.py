"""Which entries are wanted."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cloud_logs.query import LogQuery, Shift, ShiftUnit
from cajajejo.errors import BadInputError
from fake_cloud_logging import container_entry, matches

UTC = datetime.timezone.utc
DAY = datetime.datetime(2026, 5, 1, tzinfo=UTC)


def query(job: str = "eval-x", **place: str) -> LogQuery:
    return LogQuery(job, DAY, DAY + datetime.timedelta(days=1), **place)


@pytest.mark.parametrize(
    ("amount", "unit", "seconds"),
    [("5", "minutes", 300), ("2", "hours", 7200), ("3", "days", 259200), ("1", "weeks", 604800), ("1", "day", 86400)],
)
def test_spans(amount: str, unit: str, seconds: int) -> None:
    assert Shift.parse(amount, unit).span.total_seconds() == seconds


def test_a_span_in_words() -> None:
    assert [str(Shift(1, ShiftUnit.DAYS)), str(Shift(3, ShiftUnit.WEEKS))] == ["1 day", "3 weeks"]


@pytest.mark.parametrize("amount", ["0", "-1", "1.5", "a", "", "1000000", "٣"])
def test_what_is_no_amount(amount: str) -> None:
    with pytest.raises(BadInputError, match="--shift-amount"):
        Shift.parse(amount, "days")


@pytest.mark.parametrize(("unit", "remedy"), [("dayz", "did you mean days?"), ("month", None), ("", None)])
def test_what_is_no_unit(unit: str, remedy: str | None) -> None:
    with pytest.raises(BadInputError, match="not one of: minutes, hours, days, weeks") as caught:
        Shift.parse("1", unit)
    assert caught.value.remedy == remedy


def test_the_whole_query() -> None:
    assert query(cluster="c1", region="europe-west4", namespace="evals").filter_text() == (
        'resource.type="k8s_container"'
        ' AND (labels."k8s-pod/job-name"="eval-x" OR labels."k8s-pod/batch_kubernetes_io/job-name"="eval-x")'
        ' AND resource.labels.cluster_name="c1"'
        ' AND resource.labels.location="europe-west4"'
        ' AND resource.labels.namespace_name="evals"'
        ' AND timestamp>="2026-05-01T00:00:00Z"'
        ' AND timestamp<="2026-05-02T00:00:00Z"'
    )


def test_times_are_in_utc() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    text = LogQuery("x", DAY.astimezone(zone), DAY.astimezone(zone)).filter_text()
    assert 'timestamp>="2026-05-01T00:00:00Z"' in text


def test_what_it_finds() -> None:
    entry = container_entry(1, "eval-x")
    old = {**entry, "labels": {"k8s-pod/job-name": "eval-x"}}
    assert matches(entry, query().filter_text())
    assert matches(old, query().filter_text())
    assert not matches(container_entry(1, "eval-x2"), query().filter_text())
    assert not matches(entry, query(cluster="other").filter_text())
    assert not matches({**entry, "timestamp": "2026-05-03T00:00:00Z"}, query().filter_text())


@pytest.mark.parametrize("name", ["", "Eval", 'x" OR resource.type="gce', "a b", "-a", "a" * 254])
def test_no_job_can_be_called_so(name: str) -> None:
    with pytest.raises(BadInputError, match="no job can be called"):
        query(name)


@given(st.text())
def test_no_name_gets_out_of_its_quotes(text: str) -> None:
    whole = query(cluster=text).filter_text()
    assert whole.startswith(query().filter_text().partition(" AND timestamp")[0])
    if text:
        quoted = whole.partition("cluster_name=")[2].rpartition(" AND timestamp>=")[0]
        assert quoted[1:-1].replace("\\\\", "").replace('\\"', "").count('"') == 0


def test_in_words() -> None:
    told = query(cluster="c1").described()
    assert told == "job eval-x from 2026-05-01T00:00:00Z to 2026-05-02T00:00:00Z, cluster c1"
