"""Keys of Secrets and ConfigMaps."""

from collections.abc import Callable
from typing import Any

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.references import Reference, check_references, references
from doctor_site import DoctorCluster, job

Examined = Callable[..., list[Check]]
SECRET = "/api/v1/namespaces/here/secrets/hf"
VALUE = "aHVudGVyMg=="


def from_secret(key: str = "token", **more: Any) -> dict[str, Any]:
    return {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": key, **more}}}


def with_env(*variables: dict[str, Any]) -> dict[str, Any]:
    return job({"containers": [{"name": "eval", "env": list(variables)}]})


def test_every_way_to_refer_is_found_once() -> None:
    pod = {
        "initContainers": [{"name": "init", "env": [from_secret()]}],
        "containers": [
            {
                "name": "eval",
                "env": [from_secret(), {"name": "A", "value": "b"}],
                "envFrom": [{"configMapRef": {"name": "more"}}],
            }
        ],
        "volumes": [
            {"name": "certificates", "secret": {"secretName": "tls", "items": [{"key": "ca.crt", "path": "ca"}]}},
            {"name": "both", "projected": {"sources": [{"configMap": {"name": "maps"}}]}},
        ],
    }
    assert set(references(pod)) == {
        Reference("Secret", "hf", "token", "HF_TOKEN"),
        Reference("ConfigMap", "more", "", "the environment"),
        Reference("Secret", "tls", "ca.crt", "volume certificates"),
        Reference("ConfigMap", "maps", "", "volume both"),
    }


def test_what_is_optional_is_not_needed() -> None:
    assert references(with_env(from_secret(optional=True))["spec"]["template"]["spec"]) == [
        Reference("ConfigMap", "eval-x-0a1b2c3d", "", "volume configs-volume")
    ]


def test_the_jobs_own_config_map_is_made_with_it(examined: Examined) -> None:
    assert examined(check_references) == []


def test_a_missing_secret_is_a_failure_with_the_command_that_makes_it(
    cluster: DoctorCluster, examined: Examined
) -> None:
    cluster.job = with_env(from_secret())
    (check,) = examined(check_references)
    assert (check.name, check.outcome) == ("secret", Outcome.FAILED)
    assert "kubectl -n here create secret generic hf --from-literal=token=…" in str(check.remedy)


def test_a_missing_key_is_a_failure_that_names_the_keys_and_never_a_value(
    cluster: DoctorCluster, examined: Examined
) -> None:
    cluster.job = with_env(from_secret("tokn"))
    cluster.put(SECRET, {"data": {"token": VALUE}})
    (check,) = examined(check_references)
    assert check.outcome is Outcome.FAILED
    assert "no key tokn" in check.text
    assert "did you mean token?" in str(check.remedy)
    assert VALUE not in repr(check)


def test_a_key_that_is_there_is_ok(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = with_env(from_secret())
    cluster.put(SECRET, {"data": {"token": VALUE}})
    (check,) = examined(check_references)
    assert check.outcome is Outcome.OK
    assert VALUE not in repr(check)


def test_a_secret_that_may_not_be_seen_is_a_warning(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = with_env(from_secret())
    cluster.denied = {("get", "secrets")}
    (check,) = examined(check_references)
    assert check.outcome is Outcome.WARNING
    assert "jobs rbac --secret hf" in str(check.remedy)


def test_keys_of_config_maps_may_be_binary(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = with_env({"name": "A", "valueFrom": {"configMapKeyRef": {"name": "maps", "key": "b"}}})
    cluster.put("/api/v1/namespaces/here/configmaps/maps", {"binaryData": {"b": ""}})
    assert [check.outcome for check in examined(check_references)] == [Outcome.OK]
