"""What is left of Jobs: whose it is, in whatever order it is told, and at what cost."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.client.changes import Change, ChangeKind
from cajajejo.cluster.remains import Remains

Json = dict[str, Any]


def thing(name: str, *owners: str) -> Json:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "ownerReferences": [{"uid": one} for one in owners]}}


def job(name: str) -> Json:
    volumes = [{"name": "configs-volume", "configMap": {"name": f"{name}-config"}}]
    return {**thing(name), "spec": {"template": {"spec": {"volumes": volumes}}}}


def belongings(name: str) -> list[tuple[str, Json]]:
    return [
        ("jobs", job(name)),
        ("configmaps", thing(f"{name}-config")),
        ("pods", thing(f"{name}-pod", f"uid-{name}")),
        ("persistentvolumeclaims", thing(f"{name}-claim", f"uid-{name}-pod")),
    ]


EVERYTHING = [*belongings("a"), *belongings("b"), *belongings("other")]


@given(st.permutations(EVERYTHING))
def test_whose_it_is_does_not_depend_on_the_order_in_which_it_is_told(order: list[tuple[str, Json]]) -> None:
    remains = Remains([job("a"), job("b")])
    for kind, item in order:
        remains.take(kind, Change(ChangeKind.ADDED, item))
    assert {name: sorted(left) for name, left in remains.by_job().items()} == {
        name: [f"ConfigMap {name}-config", f"Job {name}", f"PersistentVolumeClaim {name}-claim", f"Pod {name}-pod"]
        for name in "ab"
    }


@given(st.permutations(EVERYTHING), st.permutations(EVERYTHING))
def test_all_that_goes_is_told_once(there: list[tuple[str, Json]], gone: list[tuple[str, Json]]) -> None:
    remains = Remains([job("a"), job("b")])
    for kind, item in there:
        remains.take(kind, Change(ChangeKind.ADDED, item))
    for kind, item in gone * 2:
        remains.take(kind, Change(ChangeKind.DELETED, item))
    assert remains.is_empty()
    assert {name: len(removed) for name, removed in remains.removed.items()} == {"a": 4, "b": 4}


def test_of_a_job_that_is_given_up_the_rest_is_known_and_not_awaited() -> None:
    remains = Remains([job("a"), job("b")])
    for kind, item in belongings("a"):
        remains.take(kind, Change(ChangeKind.ADDED, item))
    remains.give_up(["a"])
    assert remains.is_empty()
    assert len(remains.by_job()["a"]) == 4


def test_what_loses_its_owner_is_awaited_no_longer() -> None:
    remains = Remains([job("a")])
    remains.take("pods", Change(ChangeKind.ADDED, thing("p", "uid-a")))
    remains.take("pods", Change(ChangeKind.MODIFIED, thing("p")))
    assert remains.is_empty()


class Counted(list[Json]):
    """A list that knows how often it was gone through."""

    passes = 0

    def __iter__(self) -> Iterator[Json]:
        self.passes += 1
        return super().__iter__()


def test_a_change_costs_the_same_however_many_jobs_there_are() -> None:
    jobs = Counted(job(f"job-{number}") for number in range(100))
    remains = Remains(jobs)
    before = jobs.passes
    for number in range(100):
        for kind, item in belongings(f"job-{number}"):
            remains.take(kind, Change(ChangeKind.ADDED, item))
            assert remains.summary() != "" or remains.is_empty()
    assert jobs.passes == before
