"""Claims that the pods mount."""

from collections.abc import Callable
from typing import Any

import pytest

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.claims import check_claims
from doctor_site import DoctorCluster, job, merged

Examined = Callable[..., list[Check]]


def mounting(*, read_only: bool = False) -> dict[str, Any]:
    mount = {"name": "runs", "mountPath": "/runs", "readOnly": read_only}
    volume = {"name": "runs", "persistentVolumeClaim": {"claimName": "runs"}}
    return job({"volumes": [volume], "containers": [{"name": "eval", "volumeMounts": [mount]}]})


def put_claim(cluster: DoctorCluster, *modes: str, **changes: Any) -> None:
    claim = {"metadata": {"name": "runs"}, "spec": {"accessModes": list(modes)}, "status": {"phase": "Bound"}}
    cluster.put("/api/v1/namespaces/here/persistentvolumeclaims/runs", merged(claim, changes))


def test_a_missing_claim_is_a_failure(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = mounting()
    (check,) = examined(check_claims)
    assert check.outcome is Outcome.FAILED
    assert "there is no PersistentVolumeClaim runs in namespace here" in check.text


@pytest.mark.parametrize(
    ("modes", "read_only", "outcome"),
    [
        (["ReadWriteMany"], False, Outcome.OK),
        (["ReadWriteOnce"], False, Outcome.WARNING),
        (["ReadWriteOncePod"], False, Outcome.WARNING),
        (["ReadOnlyMany"], False, Outcome.FAILED),
        (["ReadOnlyMany"], True, Outcome.OK),
        (["ReadWriteOnce", "ReadOnlyMany"], False, Outcome.WARNING),
    ],
)
def test_the_access_mode_decides_who_may_share_it(
    cluster: DoctorCluster, examined: Examined, modes: list[str], read_only: bool, outcome: Outcome
) -> None:
    cluster.job = mounting(read_only=read_only)
    put_claim(cluster, *modes)
    assert [check.outcome for check in examined(check_claims)] == [outcome]


@pytest.mark.parametrize(
    "changes", [{"status": {"phase": "Lost"}}, {"metadata": {"deletionTimestamp": "2024-01-01T00:00:00Z"}}]
)
def test_a_claim_that_is_lost_or_going_is_a_failure(
    cluster: DoctorCluster, examined: Examined, changes: dict[str, Any]
) -> None:
    cluster.job = mounting()
    put_claim(cluster, "ReadWriteMany", **changes)
    assert [check.outcome for check in examined(check_claims)] == [Outcome.FAILED]


def test_a_claim_that_waits_for_its_first_pod_is_ok(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = mounting()
    put_claim(cluster, "ReadWriteMany", status={"phase": "Pending"})
    (check,) = examined(check_claims)
    assert check.outcome is Outcome.OK
    assert "pending" in check.text
