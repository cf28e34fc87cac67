"""All checks together."""

from pathlib import Path

from api_server import Reply, serving, status
from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.examine import examine
from doctor_site import DoctorCluster, healthy


def checks_of(cluster: DoctorCluster, folder: Path, *, with_job: bool = True) -> list[Check]:
    with cluster.serving() as server, server.api(folder) as api:
        return list(examine(api, "here", cluster.of_job if with_job else None))


def outcomes(checks: list[Check]) -> dict[str, set[Outcome]]:
    found: dict[str, set[Outcome]] = {}
    for check in checks:
        found.setdefault(check.name, set()).add(check.outcome)
    return found


def test_all_is_well_where_the_job_could_run(tmp_path: Path) -> None:
    cluster = healthy()
    checks = checks_of(cluster, tmp_path)
    assert {check.outcome for check in checks} == {Outcome.OK}, checks
    assert [*dict.fromkeys(check.name for check in checks)] == [
        "API server",
        "login",
        "rights",
        "namespace",
        "PodSecurity",
        "service account",
        "storage class",
        "provisioner",
        "node",
        "quota",
        "dry run",
    ]


def test_nothing_is_created(tmp_path: Path) -> None:
    cluster = healthy()
    with cluster.serving() as server, server.api(tmp_path) as api:
        list(examine(api, "here", cluster.of_job))
        written = [request for request in server.seen if request.method != "GET"]
    assert all("dryRun" in request.query or "reviews" in request.path for request in written)
    assert not cluster.created


def test_without_a_job_only_the_cluster_is_looked_at(tmp_path: Path) -> None:
    found = outcomes(checks_of(healthy(), tmp_path, with_job=False))
    assert found["job"] == {Outcome.SKIPPED}
    assert found["node"] == {Outcome.OK}
    assert "dry run" not in found


def test_without_its_namespace_nothing_else_is_said_of_the_job(tmp_path: Path) -> None:
    cluster = healthy()
    del cluster.objects["/api/v1/namespaces/here"]
    found = outcomes(checks_of(cluster, tmp_path))
    assert found["namespace"] == {Outcome.FAILED}
    assert found["job"] == {Outcome.SKIPPED}
    assert "service account" not in found


def test_a_server_that_is_not_there_is_the_only_failure(tmp_path: Path) -> None:
    with serving(Reply()) as server, server.api(tmp_path) as api:
        server.stop()
        checks = list(examine(api, "here"))
    assert [(check.name, check.outcome) for check in checks] == [("API server", Outcome.FAILED)]
    assert "connection refused" in checks[0].text


def test_an_expired_login_is_the_only_failure(tmp_path: Path) -> None:
    with serving(status(401, "Unauthorized", "Unauthorized")) as server, server.api(tmp_path) as api:
        checks = list(examine(api, "here"))
    assert [(check.name, check.outcome) for check in checks] == [("login", Outcome.FAILED)]
    assert "log in" in str(checks[0].remedy)


def test_what_the_server_fails_to_answer_hides_nothing_else(tmp_path: Path) -> None:
    cluster = healthy()
    answer = cluster.answer

    def broken(request: object) -> Reply:
        is_quota = str(getattr(request, "path", "")).endswith("/resourcequotas")
        return status(400, "something odd", "BadRequest") if is_quota else answer(request)  # type: ignore[arg-type]

    with serving(broken) as server, server.api(tmp_path) as api:
        checks = list(examine(api, "here", cluster.of_job))
    quota = [check for check in checks if check.name == "quota"]
    assert [(check.outcome, "something odd" in check.text) for check in quota] == [(Outcome.WARNING, True)]
    assert {check.outcome for check in checks if check.name != "quota"} == {Outcome.OK}


def test_missing_rights_to_look_are_warnings_that_say_so(tmp_path: Path) -> None:
    cluster = healthy()
    cluster.denied = {
        ("get", "namespaces"),
        ("get", "serviceaccounts"),
        ("get", "nodes"),
        ("list", "nodes"),
        ("get", "storageclasses"),
        ("list", "storageclasses"),
        ("list", "resourcequotas"),
        ("list", "limitranges"),
        ("create", "pods"),
    }
    checks = checks_of(cluster, tmp_path)
    assert not [check for check in checks if check.outcome is Outcome.FAILED]
    unseen = [check for check in checks if check.name not in ("rights", "dry run") and check.outcome is Outcome.WARNING]
    assert {check.name for check in unseen} == {
        "namespace",
        "service account",
        "storage class",
        "node",
        "quota",
        "limits",
    }
    assert all("may not see" in check.text and "jobs rbac" in str(check.remedy) for check in unseen)
    assert Outcome.SKIPPED in outcomes(checks)["dry run"]
