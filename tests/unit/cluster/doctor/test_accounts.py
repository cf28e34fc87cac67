"""Service account, image pull secrets, priority class."""

from collections.abc import Callable

from cajajejo.cluster.doctor.accounts import check_priority_class, check_pull_secrets, check_service_account
from cajajejo.cluster.doctor.check import Check, Outcome
from doctor_site import DoctorCluster, job

Examined = Callable[..., list[Check]]
SECRET = "/api/v1/namespaces/here/secrets/registry"
PULLING = job({"imagePullSecrets": [{"name": "registry"}]})


def test_a_missing_service_account_is_a_failure(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = job({"serviceAccountName": "kubernete"})
    (check,) = examined(check_service_account)
    assert check.outcome is Outcome.FAILED
    assert "kubectl -n here create serviceaccount kubernete" in str(check.remedy)


def test_a_missing_pull_secret_is_a_failure(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = PULLING
    assert [check.outcome for check in examined(check_pull_secrets)] == [Outcome.FAILED]


def test_a_pull_secret_of_another_type_opens_no_registry(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = PULLING
    cluster.put(SECRET, {"metadata": {"name": "registry"}, "type": "Opaque", "data": {"password": "aHVudGVyMg=="}})
    (check,) = examined(check_pull_secrets)
    assert check.outcome is Outcome.FAILED
    assert "kubernetes.io/dockerconfigjson" in check.text
    assert "aHVudGVyMg" not in repr(check)


def test_a_pull_secret_of_the_right_type_is_ok(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = PULLING
    cluster.put(SECRET, {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="}})
    assert [check.outcome for check in examined(check_pull_secrets)] == [Outcome.OK]


def test_a_pull_secret_that_may_not_be_seen_is_a_warning(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = PULLING
    cluster.denied = {("get", "secrets")}
    (check,) = examined(check_pull_secrets)
    assert check.outcome is Outcome.WARNING
    assert "jobs rbac --secret registry" in str(check.remedy)


def test_the_priority_class_is_looked_at_where_one_is_named(cluster: DoctorCluster, examined: Examined) -> None:
    assert examined(check_priority_class) == []
    cluster.job = job({"priorityClassName": "urgent"})
    assert [check.outcome for check in examined(check_priority_class)] == [Outcome.FAILED]
    cluster.put("/apis/scheduling.k8s.io/v1/priorityclasses/urgent", {"value": 1000})
    assert [check.outcome for check in examined(check_priority_class)] == [Outcome.OK]
