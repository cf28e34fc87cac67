"""Through which phases a job went."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.follow.phases import containers_of, pod_end_s, run_time_s, timeline
from cajajejo.cluster.follow.pod_progress import PodProgress
from cajajejo.pod_protocol import PodEvent
from job_objects import BEGAN_S, POD, condition, ended, event, job, pod, running, waiting

NOTHING = PodProgress()


def told(now_after_s: float, *args: Any, said: PodProgress = NOTHING) -> list[tuple[str, float, bool]]:
    """Name, seconds, and whether it lasts."""
    job_object, pods, *rest = args
    phases = timeline(job_object, pods, rest[0] if rest else (), said)
    return [(phase.name, phase.seconds(BEGAN_S + now_after_s), phase.ended_s is None) for phase in phases]


def phase_event(after_s: float, name: str, **data: object) -> PodEvent:
    return PodEvent("phase", BEGAN_S + after_s, {"phase": name, **data})


def test_a_job_without_a_pod_is_queued() -> None:
    assert told(7, job(), []) == [("queued", 7, True)]


def test_a_pod_without_a_node_waits_for_one() -> None:
    assert told(9, job(), [pod(after_s=2)]) == [("queued", 2, False), ("scheduled", 7, True)]


def test_a_pod_on_a_node_waits_for_its_image() -> None:
    one = pod(after_s=0, scheduled_s=3, node="n", main=waiting("ContainerCreating"))
    assert told(10, job(), [one]) == [("queued", 0, False), ("scheduled", 3, False), ("image", 7, True)]


def test_all_phases_of_a_job_that_evaluates() -> None:
    one = pod(scheduled_s=3, node="n", phase="Running", init=ended(44, 174), main=running(174))
    said = PodProgress(evaluation=[phase_event(180, "evaluating")])
    assert told(760, job(), [one], said=said) == [
        ("queued", 0, False),
        ("scheduled", 3, False),
        ("image", 41, False),
        ("weights", 130, False),
        ("evaluating", 586, True),
    ]


def test_the_end_of_a_pod_ends_its_last_phase() -> None:
    one = pod(scheduled_s=1, node="n", phase="Succeeded", main=ended(5, 65))
    said = PodProgress(evaluation=[phase_event(6, "evaluating"), phase_event(60, "uploading")])
    done = job(conditions=[condition("Complete", 66)])
    assert told(500, done, [one], said=said)[-2:] == [("evaluating", 55, False), ("uploading", 5, False)]


def test_the_end_of_a_log_alone_still_begins_with_evaluating() -> None:
    one = pod(scheduled_s=1, node="n", phase="Running", main=running(5))
    said = PodProgress(evaluation=[phase_event(60, "uploading")])
    assert told(65, job(), [one], said=said)[-2:] == [("evaluating", 55, False), ("uploading", 5, True)]


def test_weights_that_the_main_container_fetches_are_a_phase_too() -> None:
    one = pod(scheduled_s=1, node="n", phase="Running", main=running(5))
    said = PodProgress(evaluation=[phase_event(6, "weights", bytes=10**9), phase_event(16, "evaluating")])
    assert told(20, job(), [one], said=said)[-2:] == [("weights", 11, False), ("evaluating", 4, True)]


def test_the_image_of_the_second_container_is_a_phase_where_it_takes_long() -> None:
    one = pod(scheduled_s=1, node="n", init=ended(5, 10), main=waiting("PodInitializing"))
    assert told(70, job(), [one])[-1] == ("image", 60, True)


def test_weights_that_failed_end_there() -> None:
    one = pod(scheduled_s=1, node="n", phase="Failed", init=ended(5, 10, exit_code=3), main=waiting("PodInitializing"))
    failed = job(conditions=[condition("Failed", 11)])
    assert told(70, failed, [one])[-1] == ("weights", 5, False)


def test_after_a_failed_pod_the_wait_for_the_next_begins() -> None:
    one = pod(scheduled_s=1, node="n", phase="Failed", main=ended(5, 10, exit_code=3))
    assert told(30, job(), [one])[-1] == ("queued", 20, True)


def test_the_wait_for_a_second_pod_began_when_the_first_ended() -> None:
    first = pod(name="a", scheduled_s=1, node="n", phase="Failed", main=ended(5, 10, exit_code=3))
    assert told(30, job(), [first, pod(name="b", after_s=22)]) == [("queued", 12, False), ("scheduled", 8, True)]


def test_an_evicted_pod_ends_when_it_was_disrupted() -> None:
    lost = pod(phase="Failed", node="n", conditions=[condition("DisruptionTarget", 33)])
    assert pod_end_s(lost) == BEGAN_S + 33


def test_no_job_and_no_pod_have_no_phases() -> None:
    assert timeline(None, [], [], NOTHING) == ()


def test_a_clock_that_is_behind_makes_no_negative_times() -> None:
    one = pod(after_s=10, scheduled_s=5, node="n", phase="Running", main=running(2))
    assert all(seconds >= 0 for _, seconds, _ in told(1, job(after_s=11), [one]))


def test_the_image_says_its_size_or_that_it_was_there() -> None:
    one = pod(scheduled_s=3, node="n", phase="Running", main=running(44))
    pulled = 'Successfully pulled image "x" in 41.2s (41.2s including waiting). Image size: 1460000000 bytes.'
    there = 'Container image "x" already present on machine'
    details = [
        timeline(job(), [one], [event("Pulled", text)], NOTHING)[2].detail for text in (pulled, there, "something else")
    ]
    assert details == ["1.5 GB", "on the node already", ""]
    assert timeline(job(), [one], [event("Pulled", pulled, about="another")], NOTHING)[2].detail == ""


def test_the_weights_say_how_much_and_how_fast() -> None:
    one = pod(scheduled_s=3, node="n", init=running(10))
    said = PodProgress(weights=[phase_event(10, "weights", bytes=0), phase_event(140, "weights", bytes=13_390_000_000)])
    assert timeline(job(), [one], [], said)[-1].detail == "13.4 GB, 103 MB/s"
    assert timeline(job(), [one], [], NOTHING)[-1].detail == ""


def test_containers_say_how_they_ended() -> None:
    one = pod(init=ended(0, 5), main=ended(5, 9, exit_code=137, reason="OOMKilled"))
    init, main = containers_of(one)
    assert (init.state, init.exit_code, main.exit_code, main.reason) == ("ended", 0, 137, "OOMKilled")
    assert containers_of(pod(main=waiting("ImagePullBackOff")))[0].reason == "ImagePullBackOff"


def test_a_job_has_run_until_its_end_or_until_now() -> None:
    assert run_time_s(job(), BEGAN_S + 5) == 5
    assert run_time_s(job(conditions=[condition("Failed", 3)]), BEGAN_S + 500) == 3


TIMES = st.none() | st.integers(-100, 100).map(lambda after: job(after_s=after)["metadata"]["creationTimestamp"])
WILD = st.none() | st.text(max_size=4) | st.integers(-5, 5) | st.booleans() | st.lists(st.none(), max_size=2)


@st.composite
def damaged(draw: st.DrawFn, item: Any) -> Any:
    """An object with some of its values replaced by others, or by what no API server sends."""
    if isinstance(item, dict):
        return {key: draw(damaged(value)) for key, value in item.items() if draw(st.integers(0, 9))}
    if isinstance(item, list):
        return [draw(damaged(value)) for value in item]
    return item if draw(st.integers(0, 9)) else draw(TIMES | WILD)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Any, list[Any], PodProgress]:
    seconds = st.integers(-50, 200)
    states = st.sampled_from(
        [
            None,
            running(draw(seconds)),
            ended(draw(seconds), draw(seconds), exit_code=draw(st.integers(0, 3))),
            waiting("x"),
        ]
    )
    phases = st.sampled_from(["Pending", "Running", "Succeeded", "Failed", "Unknown"])
    pods = [
        pod(
            name=f"{POD}{number}",
            after_s=draw(seconds),
            phase=draw(phases),
            scheduled_s=draw(st.none() | seconds),
            init=draw(states),
            main=draw(states),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    ends = draw(st.lists(st.sampled_from(["Complete", "Failed", "Suspended"]), max_size=2))
    one = job(after_s=draw(seconds), conditions=[condition(end, draw(seconds)) for end in ends])
    names = st.sampled_from(["weights", "evaluating", "uploading", "other"])
    said = [phase_event(draw(seconds), draw(names), bytes=draw(WILD)) for _ in range(draw(st.integers(0, 4)))]
    return draw(damaged(one)), draw(damaged(pods)), PodProgress(said, said)


@given(lives(), st.integers(-100, 300))
def test_whatever_the_objects_hold_times_are_in_order_and_never_negative(
    life: tuple[Any, list[Any], PodProgress], now: int
) -> None:
    one, pods, said = life
    pods = [item for item in pods if isinstance(item, dict)]
    phases = timeline(one, pods, [event("Pulled", "Image size: 7 bytes")], said)
    assert all(phase.seconds(BEGAN_S + now) >= 0 for phase in phases)
    assert [phase.began_s for phase in phases] == sorted(phase.began_s for phase in phases)
    assert all(before.ended_s == after.began_s for before, after in itertools.pairwise(phases))
    assert all(before.name != after.name for before, after in itertools.pairwise(phases))
