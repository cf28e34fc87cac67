"""What is done with gcloud."""

import os
import shutil
from pathlib import Path

import pytest

from cajajejo.errors import BadInputError, CajajejoError, InfrastructureError
from cajajejo.programs import Ended
from cajajejo.workplace.gcloud import authenticate_kubectl, docker_login, gcloud_error, login_command
from cajajejo.workplace.settings import Settings
from fake_programs import FakePrograms

GOOGLE = "europe-west4-docker.pkg.dev/p1/containers"
SETTINGS = Settings(project="p1", region="europe-west4", cluster="c1", registry=GOOGLE)
PLUGIN = "gke-gcloud-auth-plugin"
NO_ACCOUNT = """\
ERROR: (gcloud.container.clusters.get-credentials) You do not currently have an active account selected.
Please run:

  $ gcloud auth login
"""


def test_kubectl_gets_its_login(programs: FakePrograms) -> None:
    programs.add("gcloud", "kubeconfig entry generated for c1.\n")
    programs.add(PLUGIN)
    said: list[str] = []
    authenticate_kubectl(SETTINGS, said.append)
    wanted = "container clusters get-credentials c1 --location europe-west4 --project p1"
    assert programs.calls("gcloud") == [wanted.split()]
    assert said == ["kubeconfig entry generated for c1."]


def test_without_gcloud(programs: FakePrograms) -> None:
    with pytest.raises(BadInputError, match="gcloud is not installed") as caught:
        authenticate_kubectl(SETTINGS, len)
    assert "cloud.google.com/sdk" in str(caught.value.remedy)


def test_without_the_plugin_nothing_is_changed(programs: FakePrograms) -> None:
    programs.add("gcloud")
    with pytest.raises(BadInputError, match=f"{PLUGIN} is not installed") as caught:
        authenticate_kubectl(SETTINGS, len)
    assert f"gcloud components install {PLUGIN}" in str(caught.value.remedy)
    assert programs.calls("gcloud") == []


def test_without_an_account(programs: FakePrograms) -> None:
    programs.add("gcloud", NO_ACCOUNT, code=1)
    programs.add(PLUGIN)
    with pytest.raises(BadInputError, match="do not currently have an active account") as caught:
        authenticate_kubectl(SETTINGS, len)
    assert caught.value.remedy == "log in: gcloud auth login"


def test_docker_is_logged_in_to_google(programs: FakePrograms) -> None:
    programs.add("gcloud")
    programs.add("docker")
    docker_login(SETTINGS, len)
    assert programs.calls("gcloud") == [["auth", "configure-docker", "europe-west4-docker.pkg.dev", "--quiet"]]
    assert programs.calls("docker") == []


def test_docker_is_logged_in_elsewhere_its_own_way(programs: FakePrograms) -> None:
    programs.add("docker")
    docker_login(Settings(registry="registry.example:5000/team"), len)
    assert programs.calls("docker") == [["login", "registry.example:5000"]]
    programs.add("docker", code=1)
    with pytest.raises(BadInputError, match=r"could not log in to registry\.example:5000"):
        docker_login(Settings(registry="registry.example:5000/team"), len)


def test_a_login_without_docker_or_gcloud(programs: FakePrograms) -> None:
    with pytest.raises(BadInputError, match="docker is not installed"):
        docker_login(SETTINGS, len)
    programs.add("docker")
    with pytest.raises(BadInputError, match="gcloud is not installed"):
        docker_login(SETTINGS, len)


def test_a_host_that_only_looks_like_googles() -> None:
    assert login_command(Settings(registry="gcr.io/p")) == ["gcloud", "auth", "configure-docker", "gcr.io", "--quiet"]
    assert login_command(Settings(registry="notgcr.io/p"))[0] == "docker"


@pytest.mark.parametrize(
    ("words", "kind", "remedy"),
    [
        ("ERROR: (x) ResponseError: code=403, message=Required permission", BadInputError, "Kubernetes Engine Viewer"),
        ("ERROR: (x) ResponseError: code=404, message=Not found: c1.", BadInputError, "clusters list"),
        ("ERROR: gcloud crashed (ConnectionError): Name or service not known", InfrastructureError, "try again"),
        ("ERROR: (x) Reauthentication failed.", BadInputError, "gcloud auth login"),
        ("ERROR: something new", BadInputError, None),
    ],
)
def test_what_gcloud_says(words: str, kind: type[CajajejoError], remedy: str | None) -> None:
    error = gcloud_error(["gcloud", "a", "b", "c"], Ended(1, ("before", words)))
    assert type(error) is kind
    assert words.removeprefix("ERROR: ") in str(error)
    assert (remedy or "None") in str(error.remedy)


def test_gcloud_that_says_nothing() -> None:
    assert "exit code 7" in str(gcloud_error(["gcloud"], Ended(7, ())))


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed here")
def test_the_real_gcloud_takes_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = os.environ["PATH"]
    programs = FakePrograms(tmp_path, monkeypatch)
    programs.add(PLUGIN)
    assert os.environ["PATH"] != place
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    with pytest.raises(BadInputError, match="do not currently have an active account"):
        authenticate_kubectl(SETTINGS, len)
