"""The image that `evaluation.Dockerfile` begins with, made of Debian's packages where no registry can be reached."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from console import ClusterError, run_logged, step
from engine import Docker
from images import SUITE, _mirror
from mounts import remove_tree

BASE_IMAGE = "python:3.11-slim-bookworm"
PACKAGES = "python3,python3-pip,python3-venv,ca-certificates"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")


def make_base(docker: Docker, log: Path) -> None:
    """Makes sure that an engine of ours has the base image. Another engine is its owner's, who pulls it.

    Its certificate authorities are those of this machine, and Python uses them: behind a proxy that has an authority
    of its own, a build can reach the package index like this.
    """
    if not docker.is_ours or docker.has_image(BASE_IMAGE):
        return
    begin = time.monotonic()
    step(f"making {BASE_IMAGE} of Debian's packages")
    folder = Path(tempfile.mkdtemp(prefix="cajajejo-base-"))
    try:
        root = folder / "root"
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, root, *_mirror()]
        run_logged(command, log, f"installing Debian for {BASE_IMAGE}")
        for unneeded in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
            shutil.rmtree(root / unneeded, ignore_errors=True)
        authorities = Path(os.environ.get("SSL_CERT_FILE") or AUTHORITIES)
        if authorities.is_file():
            shutil.copyfile(authorities, root / AUTHORITIES.lstrip("/"))
        _import(docker, root)
    finally:
        remove_tree(folder)
    step(f"made {BASE_IMAGE} in {time.monotonic() - begin:.0f} s")


def _import(docker: Docker, root: Path) -> None:
    environment = [f"--change=ENV {name}={AUTHORITIES}" for name in VARIABLES]
    changes = ['--change=CMD ["python3"]', *environment]
    packing = ["tar", "--numeric-owner", "-cf", "-", "-C", str(root), "."]
    with subprocess.Popen(packing, stdout=subprocess.PIPE) as tar:
        done = subprocess.run(
            [docker.program, "import", *changes, "-", BASE_IMAGE],
            env=docker.environment,
            stdin=tar.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0 or tar.returncode != 0:
        raise ClusterError(f"{BASE_IMAGE} could not be imported into the docker engine: {done.stderr.strip()}")
