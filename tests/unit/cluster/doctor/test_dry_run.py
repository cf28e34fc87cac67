"""What the server says to the objects."""

from collections.abc import Callable

from api_server import Reply, status
from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.dry_run import check_dry_run
from doctor_site import STORAGE_CLASS, DoctorCluster

Examined = Callable[..., list[Check]]


def outcomes(checks: list[Check]) -> list[Outcome]:
    return [check.outcome for check in checks]


def test_all_objects_and_the_pod_are_shown_to_the_server(cluster: DoctorCluster, examined: Examined) -> None:
    checks = examined(check_dry_run)
    assert [check.text for check in checks] == [
        "the server accepts the ConfigMap",
        "the server accepts the Job",
        "the server accepts the Pod",
    ]
    assert not cluster.created


def test_a_storage_class_is_shown_only_where_it_would_be_made(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.storage_class = STORAGE_CLASS
    assert not [check for check in examined(check_dry_run) if "StorageClass" in check.text]
    del cluster.objects["/apis/storage.k8s.io/v1/storageclasses/ssd"]
    assert [check for check in examined(check_dry_run) if "StorageClass" in check.text]


def test_a_refusal_is_shown_in_full(cluster: DoctorCluster, examined: Examined) -> None:
    message = 'admission webhook "policy.example.com" denied the request:\n- no digest\n' + "long " * 500
    cluster.refusals["jobs"] = status(400, message, "BadRequest")
    check = examined(check_dry_run)[1]
    assert check.outcome is Outcome.FAILED
    assert message in check.text


def test_a_pod_that_would_be_refused_is_a_failure_though_its_job_is_not(
    cluster: DoctorCluster, examined: Examined
) -> None:
    message = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
    cluster.refusals["pods"] = status(403, message, "Forbidden")
    checks = examined(check_dry_run)
    assert outcomes(checks) == [Outcome.OK, Outcome.OK, Outcome.FAILED]
    assert message in checks[2].text


def test_a_full_quota_only_means_waiting(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.refusals["pods"] = status(403, 'pods "x" is forbidden: exceeded quota: team', "Forbidden")
    assert outcomes(examined(check_dry_run))[2] is Outcome.WARNING


def test_a_webhook_that_takes_no_part_is_a_warning(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.refusals["jobs"] = status(400, "admission webhook w does not support dry run", "BadRequest")
    assert outcomes(examined(check_dry_run))[1] is Outcome.WARNING


def test_what_exists_already_was_found_to_be_in_order(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.refusals["jobs"] = status(409, "already exists", "AlreadyExists")
    check = examined(check_dry_run)[1]
    assert check.outcome is Outcome.OK
    assert "eval-x exists already" in check.text


def test_without_the_right_to_make_pods_none_is_tried(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.denied = {("create", "pods")}
    assert outcomes(examined(check_dry_run)) == [Outcome.OK, Outcome.OK, Outcome.SKIPPED]


def test_without_the_right_to_make_jobs_the_rights_have_said_so(cluster: DoctorCluster, examined: Examined) -> None:
    message = 'jobs.batch is forbidden: User "anna" cannot create resource "jobs" in API group "batch"'
    cluster.refusals["jobs"] = status(403, message, "Forbidden")
    assert outcomes(examined(check_dry_run))[1] is Outcome.SKIPPED


def test_what_the_server_warns_of_is_shown(cluster: DoctorCluster, examined: Examined) -> None:
    headers = {"Warning": '299 - "spec is \\"odd\\"", 299 - "and old"'}
    cluster.refusals["jobs"] = Reply(201, {"kind": "Job"}, headers)
    checks = [check for check in examined(check_dry_run) if "warns" in check.text]
    assert outcomes(checks) == [Outcome.WARNING, Outcome.WARNING]
    assert 'Job: the server warns: spec is "odd"' in checks[0].text
    assert "and old" in checks[1].text
