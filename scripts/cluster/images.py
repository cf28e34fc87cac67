"""The images of the test cluster: the pause image, and the evaluation image in three layers.

The layers are as old as what they are made of: Debian with Python, the packages that `pyproject.toml` asks for, and
the sources of cajajejo. So a change of the sources makes a new top layer only, in a second.
"""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cache import Cache, Workplace, key_of
from console import run_logged
from oci import Image, Layer, hash_layer, layer_at

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).with_name("sources")
PAUSE_IMAGE = "cajajejo.test/pause:test"
EVALUATION_IMAGE = "cajajejo.test/evaluation:test"
SUITE = "bookworm"
PYTHON = "3.11"
PACKAGES = f"usr/local/lib/python{PYTHON}/dist-packages"
USER = 1000
HOME = "/tmp"  # noqa: S108 - in the container
# Readable for all, whatever the umask of who has checked the sources out.
TAR = ("tar", "--sort=name", "--mtime=@0", "--numeric-owner", "--mode=a+rX")
LAYER = "layer.tar"


def pause_image(cache: Cache) -> Image:
    """The image of a pod's sandbox."""
    key = key_of(SOURCES / "pause.c", os.uname().machine)
    folder = cache.entry("pause", key, "the pause image", _build_pause)
    return Image(PAUSE_IMAGE, [layer_at(folder / LAYER)], {"Entrypoint": ["/pause"]})


def _build_pause(place: Workplace) -> None:
    root = place.folder / "root"
    root.mkdir()
    command = ["gcc", "-Os", "-static", "-s", "-o", root / "pause", SOURCES / "pause.c"]
    run_logged(command, place.log, "compiling the pause program", held=[place.lock])
    _pack(place, root, ".")


def evaluation_image(cache: Cache) -> Image:
    """The image of an evaluation, without HELM and PyTorch."""
    base_key = key_of(SUITE, str(USER), os.uname().machine, *TAR, inspect.getsource(_build_base))
    base = cache.entry("debian", base_key, "the layer of Debian with Python", _build_base)
    pins = (ROOT / "constraints.txt", ROOT / "overrides.txt")
    packages_key = key_of(base_key, _requirements(), *pins, inspect.getsource(_build_packages))
    packages = cache.entry(
        "packages", packages_key, "the layer of Python packages", lambda place: _build_packages(place, base)
    )
    sources_key = key_of(
        ROOT / "src", ROOT / "jobs" / "evaluation", SOURCES / "python3", inspect.getsource(_build_sources)
    )
    sources = cache.entry("sources", sources_key, "the layer of cajajejo's sources", _build_sources)
    layers: list[Layer] = [layer_at(folder / LAYER) for folder in (base, packages, sources)]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": HOME, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    config = {
        "User": f"{USER}:{USER}",
        "WorkingDir": "/app",
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Cmd": ["python3"],
    }
    return Image(EVALUATION_IMAGE, layers, config)


def _build_base(place: Workplace) -> None:
    root = place.folder / "root"
    command = ["debootstrap", "--variant=minbase", "--include=python3,ca-certificates", SUITE, root, *_mirror()]
    run_logged(command, place.log, "installing Debian into the image", held=[place.lock])
    with (root / "etc/passwd").open("a") as users:
        users.write(f"cajajejo:x:{USER}:{USER}::{HOME}:/bin/sh\n")
    with (root / "etc/group").open("a") as groups:
        groups.write(f"cajajejo:x:{USER}:\n")
    # Interpreters of the host are mounted below this folder, for users who are not root.
    (root / "root").chmod(0o755)
    for unneeded in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(root / unneeded, ignore_errors=True)
    _pack(place, root, ".")


def _mirror() -> list[str]:
    """The mirror that this machine's apt uses, where it is one of Debian."""
    if shutil.which("apt-get") is None:
        return []
    fields = "$(CODENAME) $(COMPONENT) $(ORIGIN) $(REPO_URI)"
    command = ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [line.split()[-1] for line in said.splitlines() if line.startswith(f"{SUITE} main Debian ")][:1]


def _requirements() -> str:
    """What `pyproject.toml` asks for, one requirement a line; the whole file where Python cannot read it."""
    text = (ROOT / "pyproject.toml").read_text()
    try:
        import tomllib
    except ImportError:
        return text
    project = tomllib.loads(text)["project"]
    return "\n".join([*project["dependencies"], *project["optional-dependencies"]["evaluation"]])


def _build_packages(place: Workplace, base: Path) -> None:
    root = place.folder / "root"
    root.mkdir()
    run_logged(["tar", "-xf", base / LAYER, "-C", root], place.log, "unpacking Debian", held=[place.lock])
    uv = os.environ.get("UV", "uv")
    install = [
        uv,
        "pip",
        "install",
        "--target",
        root / PACKAGES,
        "--python",
        sys.executable,
        "--python-version",
        PYTHON,
    ]
    install += ["--python-platform", f"{os.uname().machine}-manylinux_2_28"]
    install += ["--constraint", ROOT / "constraints.txt", "--override", ROOT / "overrides.txt"]
    install += ["--requirement", ROOT / "pyproject.toml", "--extra", "evaluation"]
    run_logged(install, place.log, "installing the Python packages into the image", held=[place.lock])
    for unneeded in (root / PACKAGES).rglob("tests"):
        if unneeded.is_dir():
            shutil.rmtree(unneeded)
    compile_all = ["chroot", root, "python3", "-m", "compileall", "-q", "-j", "0", f"/{PACKAGES}"]
    run_logged(compile_all, place.log, "compiling the Python packages", held=[place.lock])
    _pack(place, root, PACKAGES)


def _build_sources(place: Workplace) -> None:
    root = place.folder / "root"
    ignored = shutil.ignore_patterns("__pycache__")
    # Found by the image's Python through the link, and by an interpreter of the host through PYTHONPATH.
    shutil.copytree(ROOT / "src", root / "opt" / "cajajejo", ignore=ignored)
    (root / PACKAGES).mkdir(parents=True)
    (root / PACKAGES / "cajajejo").symlink_to("/opt/cajajejo/cajajejo")
    shutil.copytree(ROOT / "jobs" / "evaluation", root / "app", ignore=ignored)
    programs = root / "usr" / "local" / "bin"
    programs.mkdir(parents=True)
    shutil.copy(SOURCES / "python3", programs)
    (programs / "cajajejo").write_text("#!/usr/local/bin/python3\nfrom cajajejo.cli.main import main\n\nmain()\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    _pack(place, root, ".")


def _pack(place: Workplace, root: Path, chosen: str) -> None:
    layer = place.folder / LAYER
    run_logged([*TAR, "-cf", layer, "-C", root, chosen], place.log, f"packing {layer}", held=[place.lock])
    hash_layer(layer)
    shutil.rmtree(root)
