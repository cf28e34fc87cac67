"""What commands print about the cluster that they ask."""

from pathlib import Path

import pytest

from api_server import Reply, serving
from cajajejo.cli.cluster_options import open_api, retry_teller, shown_options
from cajajejo.errors import UnreachableError


def test_an_outage_is_told_once_it_lasts_and_then_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now_s = 0.0
    tell = retry_teller(lambda: now_s)
    for now_s in range(60):
        tell(UnreachableError("the API server is away\x1b[2J"), now_s * 0.5)
    told = capsys.readouterr().err.splitlines()
    assert told == ["the API server is away\\x1b[2J; trying again"] * 3


@pytest.mark.parametrize(
    ("namespace", "context", "kubeconfig", "shown"),
    [
        ("here", None, None, ""),
        ("there", None, None, " --namespace there"),
        ("here", "a b", None, " --context 'a b'"),
        ("there", "c", Path("k"), " --namespace there --context c --kubeconfig k"),
    ],
)
def test_only_options_that_are_needed_are_shown(
    tmp_path: Path, namespace: str, context: str | None, kubeconfig: Path | None, shown: str
) -> None:
    with serving(Reply()) as server:
        api = open_api(None, None, server.kubeconfig(tmp_path))
        assert shown_options(api, namespace, context=context, kubeconfig=kubeconfig) == shown
        api.close()
