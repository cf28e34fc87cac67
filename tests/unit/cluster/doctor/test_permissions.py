"""Each right of the table."""

from collections.abc import Callable

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.permissions import check_rights, may_create_pods
from doctor_site import DoctorCluster

Examined = Callable[..., list[Check]]


def lacking(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.outcome is not Outcome.OK]


def test_a_right_that_a_command_needs_is_a_failure_with_the_command_that_gives_it(
    cluster: DoctorCluster, examined: Examined
) -> None:
    cluster.denied = {("create", "jobs"), ("watch", "jobs")}
    (check,) = lacking(examined(check_rights))
    assert check.outcome is Outcome.FAILED
    assert "may not watch, create jobs.batch in namespace here" in check.text
    assert "cajajejo jobs rbac -n here --subject user:anna | kubectl apply -f -" in str(check.remedy)


def test_a_part_of_an_object_is_asked_for_as_such(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.denied = {("get", "pods/log")}
    (check,) = lacking(examined(check_rights))
    assert "may not get pods/log" in check.text


def test_a_right_that_only_shows_more_is_a_warning(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.denied = {("list", "nodes")}
    (check,) = lacking(examined(check_rights))
    assert check.outcome is Outcome.WARNING
    assert "jobs rbac --cluster --subject user:anna" in str(check.remedy)


def test_what_the_cluster_does_not_have_is_not_asked_for(cluster: DoctorCluster, examined: Examined) -> None:
    assert not [check for check in examined(check_rights) if "kueue" in check.text]
    cluster.groups = (*cluster.groups, "kueue.x-k8s.io")
    assert [check for check in examined(check_rights) if "kueue" in check.text]


def test_whoever_asks_is_named_so_that_a_shell_takes_it(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.denied = {("get", "pods/log")}
    cluster.user = {"username": "system:serviceaccount:ci:runner"}
    assert "--subject serviceaccount:ci:runner |" in str(lacking(examined(check_rights))[0].remedy)
    cluster.user = {"username": "o'neill; rm"}
    assert "--subject 'user:o'\"'\"'neill; rm' |" in str(lacking(examined(check_rights))[0].remedy)


def test_a_single_question(cluster: DoctorCluster, examined: Examined) -> None:
    answers = []
    examined(lambda site: answers.append(may_create_pods(site)) or [])
    cluster.denied = {("create", "pods")}
    examined(lambda site: answers.append(may_create_pods(site)) or [])
    assert answers == [True, False]
