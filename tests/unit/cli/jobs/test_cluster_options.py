"""What commands print about the cluster that they ask."""

import pytest

from cajajejo.cli.jobs.cluster_options import retry_teller
from cajajejo.errors import UnreachableError


def test_an_outage_is_told_once_it_lasts_and_then_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now_s = 0.0
    tell = retry_teller(lambda: now_s)
    for now_s in range(60):
        tell(UnreachableError("the API server is away\x1b[2J"), now_s * 0.5)
    told = capsys.readouterr().err.splitlines()
    assert told == ["the API server is away\\x1b[2J; trying again"] * 3
