"""The API server and the login."""

from collections.abc import Callable

import pytest

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.server import check_login, check_server
from doctor_site import DoctorCluster

Examined = Callable[..., list[Check]]


@pytest.mark.parametrize(
    ("major", "minor", "outcome"),
    [("1", "34", Outcome.OK), ("1", "29", Outcome.OK), ("1", "30+", Outcome.OK), ("1", "28+", Outcome.WARNING)],
)
def test_an_old_version_is_a_warning(
    cluster: DoctorCluster, examined: Examined, major: str, minor: str, outcome: Outcome
) -> None:
    cluster.version = (major, minor)
    (check,) = examined(check_server)
    assert check.outcome is outcome
    assert f"v{major}.{minor.rstrip('+')}" in check.text


def test_a_version_that_nobody_understands_is_none_that_is_too_old(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.version = ("one", "x")
    assert examined(check_server)[0].outcome is Outcome.OK


def test_the_login_is_named_with_its_groups_and_context(examined: Examined) -> None:
    (check,) = examined(check_login)
    assert (check.outcome, check.text) == (Outcome.OK, "anna of team (context test)")


def test_an_anonymous_login_is_none(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.user = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}
    assert examined(check_login)[0].outcome is Outcome.WARNING
