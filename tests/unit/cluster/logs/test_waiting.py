"""When it is worth a word that there is no log yet."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.cluster.client.api import Retries
from cajajejo.cluster.logs.waiting import Waiting
from job_objects import BEGAN_S, NAME, waiting
from log_cluster import LogCluster


@pytest.fixture
def cluster() -> Iterator[LogCluster]:
    cluster = LogCluster()
    cluster.put_job()
    yield cluster
    cluster.close()


def hears(cluster: LogCluster, folder: Path, *times_s: float, is_first: bool = True) -> list[str]:
    """What is told when nothing changes, looking at these times."""
    told: list[str] = []
    now_s = [0.0]
    with cluster.server.api(folder) as api:
        teller = Waiting(api, "here", NAME, told.append, is_first=is_first, clock=lambda: now_s[0])
        for now_s[0] in times_s:
            teller.note(changed=False)
    return told


def test_the_same_reason_is_told_once(cluster: LogCluster, tmp_path: Path) -> None:
    cluster.put_pod(main=waiting("ContainerCreating"))
    told = hears(cluster, tmp_path, 0.5, 1.5, 6.0, 24.0, 100.0)
    assert len(told) == 1
    assert told[0].startswith("starting: ")
    looks = [request for request in cluster.server.seen if request.path.endswith(f"/jobs/{NAME}")]
    assert len(looks) == 3


def test_between_two_logs_what_goes_as_it_should_is_told_late(cluster: LogCluster, tmp_path: Path) -> None:
    just_now_s = time.time() - BEGAN_S
    cluster.put_pod(after_s=just_now_s, scheduled_s=just_now_s, main=waiting("ContainerCreating"))
    assert hears(cluster, tmp_path, 1.5, is_first=False) == []
    assert len(hears(cluster, tmp_path, 1.5, 6.0, is_first=False)) == 1


def test_what_does_not_go_as_it_should_is_told_soon(cluster: LogCluster, tmp_path: Path) -> None:
    cluster.put_pod(main=waiting("ImagePullBackOff", 'Back-off pulling image "nowhere/x:1"'))
    (told,) = hears(cluster, tmp_path, 1.5, is_first=False)
    assert f"cajajejo jobs why {NAME} --kubeconfig " in told


def test_a_change_begins_anew(cluster: LogCluster, tmp_path: Path) -> None:
    told: list[str] = []
    now_s = [0.0]
    with cluster.server.api(tmp_path) as api:
        teller = Waiting(api, "here", NAME, told.append, clock=lambda: now_s[0])
        now_s[0] = 1.4
        teller.note(changed=True)
        assert teller.pause_s() == pytest.approx(1.5)
        now_s[0] = 1.6
        teller.note(changed=False)
    assert told == []


def test_a_server_that_does_not_answer_is_told_by_others(cluster: LogCluster, tmp_path: Path) -> None:
    told: list[str] = []
    cluster.server.stop()
    with cluster.server.api(tmp_path, retries=Retries(before_first_answer_s=0.01)) as api:
        now_s = [0.0]
        teller = Waiting(api, "here", NAME, told.append, clock=lambda: now_s[0])
        now_s[0] = 2.0
        teller.note(changed=False)
    assert told == []
