"""The answer of `jobs status`."""

import pytest

from cajajejo.cluster.explain.observation import Observation
from cajajejo.cluster.explain.verdict import Code, State, Verdict
from cajajejo.cluster.follow.pod_progress import PodProgress
from cajajejo.pod_protocol import LastWord, PodEvent
from cajajejo.report.job_status import JobStatus, job_status, status_data, status_lines, summary_line
from job_objects import BEGAN_S, NAME, POD, Json, condition, ended, job, pod, running, waiting

RUNNING = Verdict(State.RUNNING, Code.RUNNING, "it evaluates", healthy=True)
GPU = {"annotations": {"cajajejo/accelerator": "nvidia-l4"}}


def made(verdict: Verdict, pods: list[Json], *said: PodEvent, now_s: float = 760, one: Json | None = None) -> JobStatus:
    seen = Observation(NAME, "default", BEGAN_S + now_s, one or job(**GPU), pods)
    return job_status(seen, verdict, PodProgress(evaluation=said))


def event(after_s: float, kind: str, **data: object) -> PodEvent:
    return PodEvent(kind, BEGAN_S + after_s, data)


EVALUATING = made(
    RUNNING,
    [pod(scheduled_s=3, node="node-1", phase="Running", init=ended(44, 174), main=running(174))],
    event(176, "run", url="http://m:5000/#/experiments/3/runs/abc"),
    event(180, "phase", phase="evaluating"),
    event(750, "requests", entry="mmlu:anatomy", index=3, of=5, planned=3000, done=1778, reused=0),
    event(760, "requests", entry="mmlu:anatomy", index=3, of=5, planned=3000, done=1830, reused=0),
)


def shown(status: JobStatus, width: int = 120) -> list[str]:
    return [line.text for line in status_lines(status, width)]


def test_a_job_that_evaluates_shows_its_phases_its_progress_and_what_is_next() -> None:
    assert shown(EVALUATING) == [
        f"{NAME}   running   attempt 1   1x nvidia-l4   12m40s",
        "  queued 0s · scheduled 3s · image 41s · weights 2m10s · evaluating 9m46s…",
        "  [##########----------]  52 %  entry 3 of 5 mmlu:anatomy  1,830/3,000 requests  5.2/s  about 8m57s left",
        f"  pod {POD} on node-1: init done, eval running",
        "  MLflow http://m:5000/#/experiments/3/runs/abc",
        f"  next: cajajejo jobs logs -f {NAME}",
    ]


def test_a_narrow_terminal_gets_more_and_shorter_lines() -> None:
    lines = shown(EVALUATING, 40)
    assert lines[:2] == [NAME, "  running   attempt 1   1x nvidia-l4   12m40s"]
    assert lines[2:5] == [
        "  queued 0s · scheduled 3s · image 41s",
        "  weights 2m10s · evaluating 9m46s…",
        "  [##########----------]  52 %  entry 3",
    ]


def test_a_job_that_is_stuck_says_why_and_asks_to_ask() -> None:
    stuck = Verdict(State.PENDING, Code.UNSCHEDULABLE_GPU, "no node has a GPU free", since_s=BEGAN_S + 1)
    lines = shown(made(stuck, [pod()], now_s=61))
    assert "  Waiting 1m00s: no node has a GPU free" in lines
    assert f"  pod {POD}: Pending" in lines
    assert lines[-1] == f"  next: cajajejo jobs why {NAME}"


def test_earlier_pods_tell_how_they_ended() -> None:
    lost = pod(
        name="p1",
        phase="Failed",
        node="n",
        conditions=[condition("DisruptionTarget", 30, reason="EvictionByEvictionAPI")],
    )
    killed = pod(name="p2", phase="Failed", node="n", main=ended(40, 50, exit_code=137, reason="OOMKilled"))
    now = pod(name="p3", node="n", scheduled_s=60, main=waiting("ContainerCreating"))
    lines = shown(made(RUNNING, [lost, killed, now], now_s=90))
    assert "  pod p1 on n (EvictionByEvictionAPI), ended 1m00s ago: Failed" in lines
    assert "  pod p2 on n, ended 40s ago: eval failed (exit code 137, OOMKilled)" in lines
    assert "  pod p3 on n: eval waiting (ContainerCreating)" in lines


def test_a_job_that_is_over_shows_no_bar_and_still_the_tracker_s_page() -> None:
    done = Verdict(State.SUCCEEDED, Code.SUCCEEDED, "it has finished", healthy=True)
    word = LastWord(0, "ok", "1 entry evaluated", None, {"run_url": "http://m/#/runs/1"}).to_message()
    over = made(done, [pod(phase="Succeeded", node="n", scheduled_s=1, main=ended(2, 50, message=word))])
    lines = shown(over)
    assert "  MLflow http://m/#/runs/1" in lines
    assert not any("[" in line for line in lines)
    assert lines[1] == "  queued 0s · scheduled 1s · image 1s · evaluating 48s"


@pytest.mark.parametrize(
    ("labels", "hardware"), [({"cajajejo/gpus": "2"}, "2x nvidia-l4"), ({"cajajejo/gpus": "0"}, "no GPU")]
)
def test_the_hardware_is_what_the_job_asks_for(labels: dict[str, str], hardware: str) -> None:
    assert made(RUNNING, [], one=job(labels=labels, **GPU)).hardware == hardware


def test_commands_carry_the_options_that_lead_to_the_cluster() -> None:
    seen = Observation(NAME, "team-a", BEGAN_S, job())
    status = job_status(seen, RUNNING, PodProgress(), " --namespace team-a")
    assert status.next_command == f"cajajejo jobs logs -f {NAME} --namespace team-a"


def test_one_line_says_it_all_for_a_log() -> None:
    assert summary_line(EVALUATING).text.startswith(f"{NAME}  running  evaluating  entry 3 of 5")
    failed = Verdict(State.FAILED, Code.BAD_INPUT, "its input is wrong")
    assert summary_line(made(failed, [])).text == f"{NAME}  failed  BAD_INPUT: its input is wrong"


def test_the_data_hold_phases_pods_and_progress() -> None:
    data = status_data(EVALUATING)
    assert (data["state"], data["hardware"], data["took_s"]) == ("running", "1x nvidia-l4", 760)
    assert [phase["name"] for phase in data["phases"]][-1] == "evaluating"  # type: ignore[attr-defined,index]
    assert data["progress"]["done"] == 1830  # type: ignore[index]
    assert data["pods"][0]["containers"][0]["exit_code"] == 0  # type: ignore[index]
    assert data["run_url"] == "http://m:5000/#/experiments/3/runs/abc"
