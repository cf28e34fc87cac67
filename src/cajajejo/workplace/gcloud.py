"""What is done with Google's program gcloud: kubectl's login to the cluster, and docker's to the registry."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import Final

from cajajejo.errors import BadInputError, CajajejoError, InfrastructureError
from cajajejo.programs import Ended, run_attached, run_program
from cajajejo.workplace.settings import Settings

__all__ = [
    "INSTALL",
    "authenticate_kubectl",
    "docker_login",
    "gcloud_error",
    "kubectl_command",
    "login_command",
]

INSTALL: Final = {
    "gcloud": "install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install",
    "docker": "install Docker Engine: https://docs.docker.com/engine/install",
    "kubectl": "install kubectl: https://kubernetes.io/docs/tasks/tools",
}
"""What to do where a program is missing."""

_PLUGIN: Final = "gke-gcloud-auth-plugin"
_GOOGLE_REGISTRIES: Final = (".pkg.dev", ".gcr.io")
_NO_LOGIN: Final = (
    "do not currently have an active account",
    "gcloud auth login",
    "Reauthentication",
    "There was a problem refreshing your current auth tokens",
)
_NO_ANSWER: Final = ("Unable to find the server", "Connection", "timed out", "Name or service not known", "503", "502")


def kubectl_command(settings: Settings) -> list[str]:
    """Returns what writes the cluster's address and login into kubectl's configuration.

    Raises:
        BadInputError: Project, region or cluster are not configured.
    """
    settings.require("project", "region", "cluster")
    place = ["--location", settings.region, "--project", settings.project]
    return ["gcloud", "container", "clusters", "get-credentials", settings.cluster, *place]


def login_command(settings: Settings) -> list[str]:
    """Returns what logs docker in to the registry: through gcloud for Google's, else docker's own way.

    Raises:
        BadInputError: The registry is not configured.
    """
    settings.require("registry")
    host = settings.registry_host
    if f".{host}".endswith(_GOOGLE_REGISTRIES):
        return ["gcloud", "auth", "configure-docker", host, "--quiet"]
    return ["docker", "login", host]


def authenticate_kubectl(settings: Settings, on_line: Callable[[str], object]) -> None:
    """Gives kubectl, and with it cajajejo, the login to the team's cluster.

    Args:
        settings: Project, region and cluster.
        on_line: Is given what gcloud says.

    Raises:
        BadInputError: A setting, gcloud, its plugin or a login is missing, or there is no such cluster.
        InfrastructureError: Google Cloud does not answer.
    """
    command = kubectl_command(settings)
    if shutil.which("gcloud") is not None and shutil.which(_PLUGIN) is None:
        raise BadInputError(
            f"{_PLUGIN} is not installed; without it kubectl cannot log in to the cluster",
            remedy=f"gcloud components install {_PLUGIN} (or install the package google-cloud-cli-{_PLUGIN})",
        )
    ended = run_program(command, on_line=on_line, install=INSTALL)
    if ended.code != 0:
        raise gcloud_error(command, ended)


def docker_login(settings: Settings, on_line: Callable[[str], object]) -> None:
    """Logs docker in to the team's registry.

    Args:
        settings: The registry.
        on_line: Is given what gcloud says. What docker asks goes to the terminal.

    Raises:
        BadInputError: A setting or a program is missing, or the login is refused.
        InfrastructureError: Google Cloud does not answer.
    """
    command = login_command(settings)
    if shutil.which("docker") is None:
        raise BadInputError("docker is not installed, or not on PATH", remedy=INSTALL["docker"])
    if command[0] == "docker":
        if run_attached(command, install=INSTALL) != 0:
            raise BadInputError(f"docker could not log in to {settings.registry_host}; its own words are above")
        return
    ended = run_program(command, on_line=on_line, install=INSTALL)
    if ended.code != 0:
        raise gcloud_error(command, ended)


def gcloud_error(command: Sequence[str], ended: Ended) -> CajajejoError:
    """Returns the error for a gcloud command that failed; its own words are in the message.

    Args:
        command: What was run.
        ended: How it ended.
    """
    said = next((line for line in ended.lines if line.startswith("ERROR:")), ended.lines[-1] if ended.lines else "")
    told = f"{' '.join(command[:4])} failed: {said.removeprefix('ERROR:').strip() or f'exit code {ended.code}'}"
    if any(sign in ended.text for sign in _NO_LOGIN):
        return BadInputError(told, remedy="log in: gcloud auth login")
    if "PERMISSION_DENIED" in ended.text or "code=403" in ended.text:
        return BadInputError(told, remedy="you need the role Kubernetes Engine Viewer (roles/container.viewer) or more")
    if "NOT_FOUND" in ended.text or "code=404" in ended.text:
        return BadInputError(told, remedy="check project, region and cluster: gcloud container clusters list")
    if any(sign in ended.text for sign in _NO_ANSWER):
        return InfrastructureError(told, remedy="try again; gcloud info --run-diagnostics checks the connection")
    return BadInputError(told)
