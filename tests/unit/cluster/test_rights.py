"""The table of rights is what the code asks for: no more, no less."""

import ast
from collections.abc import Iterator
from pathlib import Path

import cajajejo
from cajajejo.cluster.rights import CLUSTER_RIGHTS, NAMESPACE_RIGHTS, right_to_secrets

PACKAGE = Path(cajajejo.__file__).parent
EVERYBODY_MAY = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}
RIGHTS = (*NAMESPACE_RIGHTS, *CLUSTER_RIGHTS, right_to_secrets([]))
TAKES_A_KIND = {"in_namespace", "cluster_wide", "look.items", "look.one", "look.named"}
KNOWN = {right.resource.partition("/")[0] for right in RIGHTS} | EVERYBODY_MAY


def calls() -> Iterator[ast.Call]:
    for folder in (PACKAGE / "cluster", PACKAGE / "cli"):
        for file in folder.rglob("*.py"):
            yield from (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))


def unknown_kinds() -> set[str]:
    """Texts that are given to a function that takes a kind, where none of them is one of the table."""
    unknown = set()
    for call in calls():
        if ast.unparse(call.func) in TAKES_A_KIND:
            constants = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
            if constants and not KNOWN.intersection(constants):
                unknown |= set(constants)
    return unknown


def texts() -> set[str]:
    found = set()
    for file in (PACKAGE / "cluster").rglob("*.py"):
        if file.name == "rights.py":
            continue
        nodes = ast.walk(ast.parse(file.read_text()))
        found |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return found


def test_each_kind_that_the_code_asks_for_is_in_the_table() -> None:
    assert not unknown_kinds()


def test_each_right_is_one_that_the_code_uses() -> None:
    used = texts()
    for right in RIGHTS:
        for part in right.resource.split("/"):
            assert part in used, f"nobody uses the right to {right.resource}"


def test_no_right_is_there_twice_and_none_is_to_everything() -> None:
    for table in (NAMESPACE_RIGHTS, CLUSTER_RIGHTS):
        verbs = [(right.kind, verb) for right in table for verb in right.verbs]
        assert len(verbs) == len(set(verbs))
    for right in RIGHTS:
        assert "*" not in (*right.verbs, right.resource, right.group)
        assert set(right.verbs) <= {"get", "list", "watch", "create", "patch", "delete"}


def test_secrets_are_in_no_role_unless_asked_for() -> None:
    assert all(right.resource != "secrets" for right in (*NAMESPACE_RIGHTS, *CLUSTER_RIGHTS))


def test_what_lies_outside_the_namespace_is_never_needed() -> None:
    assert not any(right.needed for right in CLUSTER_RIGHTS)


def test_a_kind_is_named_as_kubectl_names_it() -> None:
    assert {right.kind for right in RIGHTS} >= {"jobs.batch", "pods/log", "nodes", "storageclasses.storage.k8s.io"}
