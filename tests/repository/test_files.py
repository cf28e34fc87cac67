"""What must hold for the files of the repository, whatever is in them."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import types
from pathlib import Path

import pytest

import cajajejo

ROOT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks, or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()})


def public_modules() -> list[str]:
    """The modules whose path has no underscore, but for what is run instead of imported."""
    names = [info.name for info in pkgutil.walk_packages(cajajejo.__path__, "cajajejo.")]
    return [name for name in names if "._" not in name and name != "cajajejo.__main__"]


def public_packages() -> list[str]:
    """The packages among them."""
    return [info.name for info in pkgutil.walk_packages(cajajejo.__path__, "cajajejo.") if info.ispkg]


def dunder_all_order(name: str) -> tuple[int, str]:
    """The order in which ruff sorts `__all__`: constants, classes, the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_newest_version_of_the_changelog_is_the_packages() -> None:
    headings = re.findall(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings, "the changelog has no version"
    assert headings[0] == cajajejo.__version__
    assert headings == sorted(headings, key=lambda text: [int(part) for part in text.split(".")], reverse=True)


@pytest.mark.parametrize("page", tracked("*.md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    targets = re.findall(r"\]\(<?([^)>\s]+)>?\)", text)
    relative = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert not [target for target in relative if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", tracked("*.md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_headings_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


@pytest.mark.parametrize("name", public_packages())
def test_all_of_a_package_is_what_it_exposes(name: str) -> None:
    package = importlib.import_module(name)
    declared = list(getattr(package, "__all__", []))
    exposed = {
        key
        for key, value in vars(package).items()
        if not key.startswith("_")
        and not isinstance(value, types.ModuleType)
        and str(getattr(value, "__module__", "")).startswith("cajajejo")
    }
    assert exposed <= set(declared)


@pytest.mark.parametrize("name", public_modules())
def test_all_is_sorted_and_complete(name: str) -> None:
    module = importlib.import_module(name)
    declared = list(getattr(module, "__all__", []))
    assert declared == sorted(set(declared), key=dunder_all_order)
    if not hasattr(module, "__getattr__"):
        assert [item for item in declared if item not in vars(module)] == []


def test_no_file_names_an_index_or_a_path_of_one_machine() -> None:
    done = subprocess.run(["scripts/check-addresses"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_module_map_is_complete() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    mapped = set(
        re.findall(r"^\| `([a-z_]+(?:/|\.py))` \|", text.split("## The module map")[1].split("\n## ")[0], re.M)
    )
    modules = pkgutil.iter_modules(cajajejo.__path__)
    assert mapped == {f"{module.name}/" if module.ispkg else f"{module.name}.py" for module in modules} - {
        "__main__.py"
    }


def test_scripts_can_be_run() -> None:
    not_executable = [
        path
        for path in tracked("scripts/*", ".ci/run")
        if path.read_bytes().startswith(b"#!") and not path.stat().st_mode & 0o100
    ]
    assert not_executable == []


def test_constraints_pin_every_line() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.match(r"[a-z0-9.-]+==[^ ]+( ; .+)?$", line)] == []
