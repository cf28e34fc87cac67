"""`jobs rbac`."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from api_server import Reply, serving

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home folder without a kubeconfig."""
    monkeypatch.setenv("HOME", str(tmp_path))


def test_it_prints_a_role_and_nothing_else(cli: Cli) -> None:
    code, out, err = cli("jobs", "rbac", "-n", "evaluations")
    (role,) = yaml.safe_load_all(out)
    assert (code, err) == (0, "")
    assert (role["kind"], role["metadata"]["namespace"]) == ("Role", "evaluations")


def test_a_subject_gets_a_binding(cli: Cli) -> None:
    _, out, _ = cli("jobs", "rbac", "-n", "x", "--subject", "group:a", "--subject", "user:b")
    assert [found["kind"] for found in yaml.safe_load_all(out)] == ["Role", "RoleBinding", "RoleBinding"]


def test_the_cluster_role_is_printed_apart(cli: Cli) -> None:
    _, out, _ = cli("jobs", "rbac", "--cluster", "--subject", "group:a")
    assert [found["kind"] for found in yaml.safe_load_all(out)] == ["ClusterRole", "ClusterRoleBinding"]


def test_the_namespace_is_that_of_the_context_and_the_server_is_not_asked(cli: Cli, tmp_path: Path) -> None:
    with serving(Reply()) as server:
        _, out, _ = cli("jobs", "rbac", "--kubeconfig", server.kubeconfig(tmp_path))
        assert not server.seen
    assert yaml.safe_load(out)["metadata"]["namespace"] == "here"


def test_without_any_cluster_it_is_the_namespace_that_kubectl_would_take(cli: Cli) -> None:
    _, out, _ = cli("jobs", "rbac")
    assert yaml.safe_load(out)["metadata"]["namespace"] == "default"


@pytest.mark.parametrize(
    "arguments", [("--subject", "x"), ("-n", "No Namespace"), ("--secret", "A B"), ("--cluster", "--secret", "a")]
)
def test_bad_input_is_refused_and_nothing_is_printed(cli: Cli, arguments: tuple[str, ...]) -> None:
    code, out, err = cli("jobs", "rbac", *arguments)
    assert (code, out) == (2, "")
    assert err


def test_a_context_that_is_not_there_is_refused(cli: Cli, tmp_path: Path) -> None:
    with serving(Reply()) as server:
        code, out, err = cli("jobs", "rbac", "--kubeconfig", server.kubeconfig(tmp_path), "--context", "other")
    assert (code, out) == (2, "")
    assert "other" in err
