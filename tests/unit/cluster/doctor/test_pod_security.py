"""The Pod Security Standards."""

from typing import Any

import pytest

from cajajejo.cluster.doctor.pod_security import faults
from doctor_site import job, merged

POD: dict[str, Any] = job()["spec"]["template"]["spec"]


def with_context(**context: Any) -> dict[str, Any]:
    (container,) = POD["containers"]
    return {**POD, "containers": [merged(container, {"securityContext": context})]}


def with_volume(**volume: Any) -> dict[str, Any]:
    return {**POD, "volumes": [*POD["volumes"], {"name": "more", **volume}]}


def test_the_jobs_pod_fits_the_strictest_level() -> None:
    assert faults(POD, "restricted") == []


@pytest.mark.parametrize(
    ("pod", "word"),
    [
        ({**POD, "hostNetwork": True}, "hostNetwork"),
        (with_volume(hostPath={"path": "/"}), "hostPath"),
        (with_context(privileged=True), "privileged"),
        (with_context(capabilities={"add": ["SYS_ADMIN"]}), "SYS_ADMIN"),
    ],
)
def test_what_baseline_forbids(pod: dict[str, Any], word: str) -> None:
    assert any(word in fault for fault in faults(pod, "baseline"))
    assert any(word in fault for fault in faults(pod, "restricted"))
    assert faults(pod, "privileged") == []


@pytest.mark.parametrize(
    ("pod", "word"),
    [
        (with_context(allowPrivilegeEscalation=True), "allowPrivilegeEscalation"),
        (with_context(capabilities={"drop": []}), "capabilities"),
        (with_context(runAsNonRoot=False), "runAsNonRoot"),
        (with_context(runAsUser=0), "runAsUser"),
        (with_context(seccompProfile={"type": "Unconfined"}), "seccompProfile"),
        (with_volume(nfs={"server": "x", "path": "/"}), "nfs"),
        ({**POD, "initContainers": [{"name": "init", "image": "x"}]}, "container init"),
    ],
)
def test_what_only_restricted_forbids(pod: dict[str, Any], word: str) -> None:
    assert any(word in fault for fault in faults(pod, "restricted"))
    assert faults(pod, "baseline") == []


def test_a_level_that_nobody_knows_is_broken_by_nothing() -> None:
    assert faults({"hostNetwork": True}, "stricter") == []
