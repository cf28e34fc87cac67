"""The disk's class and its provisioner."""

from collections.abc import Callable
from typing import Any

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.storage import check_disks
from doctor_site import STORAGE_CLASS, DoctorCluster, job, merged

Examined = Callable[..., list[Check]]
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
DRIVER = "/apis/storage.k8s.io/v1/csidrivers/pd.csi.storage.gke.io"


def volume(**changes: Any) -> dict[str, Any]:
    found = {
        "spec": {"storageClassName": "ssd", "capacity": {"storage": "60Gi"}, "accessModes": ["ReadWriteOnce"]},
        "status": {"phase": "Available"},
    }
    return merged(found, changes)


def outcomes(checks: list[Check]) -> list[tuple[str, Outcome]]:
    return [(check.name, check.outcome) for check in checks]


def without_class(cluster: DoctorCluster) -> None:
    del cluster.objects[f"{CLASSES}/ssd"]


def test_a_class_as_the_config_has_it_is_ok(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.storage_class = STORAGE_CLASS
    assert outcomes(examined(check_disks)) == [("storage class", Outcome.OK), ("provisioner", Outcome.OK)]


def test_a_class_that_differs_from_the_config_is_a_warning_that_says_in_what(
    cluster: DoctorCluster, examined: Examined
) -> None:
    cluster.storage_class = {**STORAGE_CLASS, "parameters": {"type": "pd-ssd"}}
    check = examined(check_disks)[0]
    assert check.outcome is Outcome.WARNING
    assert "type=pd-balanced, not type=pd-ssd" in check.text


def test_a_class_that_keeps_disks_is_a_warning(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.put(f"{CLASSES}/ssd", {**STORAGE_CLASS, "reclaimPolicy": "Retain"})
    assert examined(check_disks)[0].outcome is Outcome.WARNING


def test_a_class_that_submitting_would_make_is_ok_with_the_right_to(cluster: DoctorCluster, examined: Examined) -> None:
    without_class(cluster)
    cluster.storage_class = STORAGE_CLASS
    assert outcomes(examined(check_disks)) == [("storage class", Outcome.OK)]
    cluster.denied = {("create", "storageclasses")}
    assert outcomes(examined(check_disks)) == [("storage class", Outcome.FAILED)]


def test_a_class_that_nobody_makes_is_a_failure_with_the_nearest_name(
    cluster: DoctorCluster, examined: Examined
) -> None:
    without_class(cluster)
    cluster.put(f"{CLASSES}/ssds", merged(STORAGE_CLASS, {"metadata": {"name": "ssds"}}))
    (check,) = examined(check_disks)
    assert check.outcome is Outcome.FAILED
    assert "set kubernetes_config.storage.class to ssds" in str(check.remedy)


def test_a_free_volume_does_without_a_class(cluster: DoctorCluster, examined: Examined) -> None:
    without_class(cluster)
    cluster.put("/api/v1/persistentvolumes/pv", volume())
    assert outcomes(examined(check_disks)) == [("storage class", Outcome.OK)]


def test_a_volume_that_is_too_small_or_taken_does_not(cluster: DoctorCluster, examined: Examined) -> None:
    without_class(cluster)
    for changes in (
        {"spec": {"capacity": {"storage": "40Gi"}}},
        {"status": {"phase": "Bound"}},
        {"spec": {"claimRef": {"name": "x"}}},
        {"spec": {"storageClassName": "hdd"}},
        {"spec": {"accessModes": ["ReadOnlyMany"]}},
    ):
        cluster.put("/api/v1/persistentvolumes/pv", volume(**changes))
        assert outcomes(examined(check_disks)) == [("storage class", Outcome.FAILED)], changes


def test_a_csi_driver_that_is_not_there_is_a_failure_unless_a_volume_is_free(
    cluster: DoctorCluster, examined: Examined
) -> None:
    del cluster.objects[DRIVER]
    assert ("provisioner", Outcome.FAILED) in outcomes(examined(check_disks))
    cluster.put("/api/v1/persistentvolumes/pv", volume())
    assert ("provisioner", Outcome.OK) in outcomes(examined(check_disks))


def test_a_provisioner_that_may_be_no_csi_driver_is_a_warning(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.put(f"{CLASSES}/ssd", {**STORAGE_CLASS, "provisioner": "rancher.io/local-path"})
    assert ("provisioner", Outcome.WARNING) in outcomes(examined(check_disks))


def test_a_provisioner_of_kubernetes_itself_is_ok(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.put(f"{CLASSES}/ssd", {**STORAGE_CLASS, "provisioner": "kubernetes.io/host-path"})
    assert ("provisioner", Outcome.OK) in outcomes(examined(check_disks))


def test_a_class_without_a_provisioner_needs_a_free_volume(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.put(f"{CLASSES}/ssd", {**STORAGE_CLASS, "provisioner": "kubernetes.io/no-provisioner"})
    assert ("provisioner", Outcome.WARNING) in outcomes(examined(check_disks))


def test_the_default_class_is_taken_where_none_is_named(cluster: DoctorCluster, examined: Examined) -> None:
    claim = {"resources": {"requests": {"storage": "1Gi"}}}
    cluster.job = job({"volumes": [{"name": "s", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}}]})
    assert outcomes(examined(check_disks)) == [("storage class", Outcome.FAILED)]
    default = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    cluster.put(f"{CLASSES}/ssd", merged(STORAGE_CLASS, {"metadata": default}))
    assert outcomes(examined(check_disks)) == [("storage class", Outcome.OK), ("provisioner", Outcome.OK)]
