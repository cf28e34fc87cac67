"""What `invoke.yaml` and the environment say about a team's Google Cloud project, cluster and registry. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from cajajejo.config.grammars.uris import IMAGE
from cajajejo.config.suggest import nearest
from cajajejo.errors import BadInputError

__all__ = ["ENVIRONMENT_PREFIX", "SECTION", "Settings"]

SECTION = "cajajejo"
"""The section of `invoke.yaml` that is ours."""

ENVIRONMENT_PREFIX = "INVOKE_CAJAJEJO_"
"""How the variables begin that invoke reads for that section."""


@dataclass(frozen=True)
class Settings:
    """Where images go, and where jobs run; empty where it is not said.

    Attributes:
        project: The Google Cloud project.
        region: The cluster's region or zone.
        cluster: The cluster's name.
        registry: The registry and path that images are pushed below, such as
            `europe-west4-docker.pkg.dev/my-project/containers`.
        local_image: How an image that is not pushed is called here, too, below the name of its job.
        logging_endpoint: `host:port` of Cloud Logging; `http://host:port` without encryption. Empty: Google's own.
    """

    project: str = ""
    region: str = ""
    cluster: str = ""
    registry: str = ""
    local_image: str = "neurips/{job}"
    logging_endpoint: str = ""

    @classmethod
    def from_mapping(cls, given: object, environment: Mapping[str, str] = MappingProxyType({})) -> Settings:
        """Reads the section of `invoke.yaml`, and the variables that go before it.

        Args:
            given: The section; a null is as good as nothing.
            environment: Variables; those that begin with `ENVIRONMENT_PREFIX` count. An empty one takes away what the
                section says.

        Raises:
            BadInputError: The section is none, a key is not known, a value is no text, or the registry cannot be one.
        """
        if given is not None and not isinstance(given, Mapping):
            raise BadInputError(
                f"invoke.yaml: {SECTION} is {given!r}, not a section", remedy="invoke.yaml.example shows how it looks"
            )
        section = {str(key): value for key, value in (given or {}).items()}
        for key, value in section.items():
            cls._check_key(key, f"invoke.yaml: {SECTION}.{key}")
            if value is not None and not isinstance(value, str):
                raise BadInputError(f"invoke.yaml: {SECTION}.{key} is {value!r}, not a text", remedy="put it in quotes")
        for name, value in environment.items():
            if name.startswith(ENVIRONMENT_PREFIX):
                section[key := name.removeprefix(ENVIRONMENT_PREFIX).lower()] = value
                cls._check_key(key, name)
        texts = {key: str(value).strip() for key, value in section.items() if value}
        texts["registry"] = texts.get("registry", "").rstrip("/")
        settings = cls(**texts)
        # A host alone is a registry, too; without a name behind it, its port would look like a tag.
        is_host = settings.registry and "/" not in settings.registry
        settings._check_name("registry", f"{settings.registry}/job" if is_host else settings.registry)
        settings._check_name("local_image", settings.local_image.replace("{job}", "job"))
        return settings

    def require(self, *names: str) -> None:
        """Makes sure that settings are given.

        Args:
            names: The settings that are needed.

        Raises:
            BadInputError: Some are not; the message names all of them.
        """
        missing = [name for name in names if not getattr(self, name)]
        if missing:
            variables = " and ".join(ENVIRONMENT_PREFIX + name.upper() for name in missing)
            raise BadInputError(
                f"not configured: {', '.join(f'{SECTION}.{name}' for name in missing)}",
                remedy=f"set them in invoke.yaml (invoke.yaml.example shows how), or {variables} in the environment",
            )

    @property
    def registry_host(self) -> str:
        """The registry's host, with its port: what one logs in to.

        A first part that cannot be a host is a name on Docker Hub, as docker itself reads it.
        """
        first = self.registry.partition("/")[0]
        return first if first == "localhost" or "." in first or ":" in first else "docker.io"

    @classmethod
    def _check_key(cls, key: str, told: str) -> None:
        known = [field.name for field in fields(cls)]
        if key not in known:
            near = nearest(key, known)
            hint = f"did you mean {near}?" if near else f"the keys are {', '.join(known)}"
            raise BadInputError(f"{told} is not a setting", remedy=hint)

    @staticmethod
    def _check_name(key: str, name: str) -> None:
        found = next(IMAGE.findings(name), None) if name else None
        if found is not None:
            raise BadInputError(
                f"{SECTION}.{key}: {found.message}",
                remedy=f"did you mean {found.suggestion}?" if found.suggestion else f"allowed: {found.allowed}",
            )
