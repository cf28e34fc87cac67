"""Roles as YAML."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.rights import CLUSTER_RIGHTS, NAMESPACE_RIGHTS, Right
from cajajejo.cluster.roles import ROLE_NAME, Subject, cluster_role_text, parse_subject, role_text
from cajajejo.errors import BadInputError


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def rule(right: Right) -> dict[str, object]:
    named = {"resourceNames": list(right.names)} if right.names else {}
    return {"apiGroups": [right.group], "resources": [right.resource], **named, "verbs": list(right.verbs)}


def test_the_role_has_the_rights_of_the_table_and_no_others() -> None:
    (role,) = documents(role_text("evaluations"))
    assert role["kind"] == "Role"
    assert role["metadata"]["namespace"] == "evaluations"
    assert role["rules"] == [rule(right) for right in NAMESPACE_RIGHTS]


def test_the_cluster_role_is_apart() -> None:
    (role,) = documents(cluster_role_text())
    assert role["kind"] == "ClusterRole"
    assert "namespace" not in role["metadata"]
    assert role["rules"] == [rule(right) for right in CLUSTER_RIGHTS]


def test_each_rule_says_what_for() -> None:
    text = role_text("x")
    assert all(right.purpose in text for right in NAMESPACE_RIGHTS)


def test_a_secret_that_is_asked_for_is_the_only_one_that_may_be_seen() -> None:
    (role,) = documents(role_text("x", secrets=["hf-token"]))
    secrets = [rule for rule in role["rules"] if rule["resources"] == ["secrets"]]
    assert secrets == [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["hf-token"], "verbs": ["get"]}]


def test_a_binding_gives_the_role_to_the_subject() -> None:
    _, binding = documents(role_text("x", [Subject("ServiceAccount", "runner", "ci")]))
    assert binding["kind"] == "RoleBinding"
    assert binding["metadata"]["namespace"] == "x"
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ROLE_NAME}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "runner", "namespace": "ci"}]


def test_a_cluster_binding_has_no_namespace() -> None:
    _, binding = documents(cluster_role_text([Subject("Group", "researchers")]))
    assert binding["kind"] == "ClusterRoleBinding"
    assert binding["roleRef"]["kind"] == "ClusterRole"
    assert "namespace" not in binding["metadata"]


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_any_subject_arrives_unchanged_or_is_refused(first: str, second: str) -> None:
    try:
        subjects = [parse_subject(f"user:{first}"), parse_subject(f"group:{second}")]
    except BadInputError:
        assert not (first.isprintable() and second.isprintable())
        return
    _, *bindings = documents(role_text("x", subjects))
    assert [binding["subjects"][0]["name"] for binding in bindings] == [first, second]
    names = [binding["metadata"]["name"] for binding in bindings]
    assert len(set(names)) == 2
    assert not any(char in name for name in names for char in "/%")


@given(st.text(min_size=1, max_size=300), st.text(min_size=1, max_size=300))
def test_two_subjects_never_share_a_binding(first: str, second: str) -> None:
    if first == second or not (first.isprintable() and second.isprintable()):
        return
    _, one, other = documents(role_text("x", [Subject("User", first), Subject("User", second)]))
    assert one["metadata"]["name"] != other["metadata"]["name"]


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("user:oidc:somebody@example.com", Subject("User", "oidc:somebody@example.com")),
        ("group:system:authenticated", Subject("Group", "system:authenticated")),
        ("serviceaccount:ci:runner", Subject("ServiceAccount", "runner", "ci")),
    ],
)
def test_subjects_are_written_as_kubernetes_has_them(text: str, subject: Subject) -> None:
    assert parse_subject(text) == subject


@pytest.mark.parametrize(
    "text", ["", "user", "user:", "team:x", "serviceaccount:x", "serviceaccount:X:y", "serviceaccount:x:", "user:a\nb"]
)
def test_what_is_no_subject_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse_subject(text)
    assert "serviceaccount:NAMESPACE:NAME" in str(refused.value.remedy)


@pytest.mark.parametrize("namespace", ["X", "a b", "", "-a", 'a"'])
def test_what_is_no_namespace_is_refused(namespace: str) -> None:
    with pytest.raises(BadInputError):
        role_text(namespace)
