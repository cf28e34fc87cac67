"""Which harnesses there are, and what each one is installed as."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from cajajejo.errors import BadInputError

__all__ = ["HARNESSES", "HarnessProgram", "package_version"]


@dataclass(frozen=True)
class HarnessProgram:
    """A harness that comes with this package.

    Attributes:
        name: What configs and messages call it.
        module: The module that is run for it.
        package: The distribution that it stands on.
        import_name: The top module of that distribution.
        extra: The extra of this package that installs it.
    """

    name: str
    module: str
    package: str
    import_name: str
    extra: str

    @property
    def version(self) -> str | None:
        """The version of the package that it stands on, or None where it is not installed."""
        return package_version(self.package)

    @property
    def command(self) -> tuple[str, ...]:
        """The command line that starts it, less the path of its request."""
        return (sys.executable, "-m", self.module)

    def require_installed(self) -> None:
        """Checks that the harness can be started.

        Raises:
            BadInputError: Its package is not installed.
        """
        if importlib.util.find_spec(self.import_name) is None:
            raise BadInputError(
                f"{self.name} is not installed in this Python ({sys.executable})",
                remedy=f"pip install 'cajajejo[{self.extra}]'; README tells how to do it with uv",
            )


HARNESSES: Mapping[str, HarnessProgram] = {
    "helm": HarnessProgram("HELM", "cajajejo.harness.helm", "crfm-helm", "helm", "helm"),
}


def package_version(package: str) -> str | None:
    """Returns the version of an installed distribution, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
