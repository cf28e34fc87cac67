"""Kubernetes as one program, built from its Go module."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from cache import Cache, Workplace, key_of
from console import ClusterError, run_logged

VERSION = "1.34.4"
GO_NEEDED = (1, 24)
GO_FETCHED = "v0.0.1-go1.24.13.linux-"
SOURCES = Path(__file__).with_name("sources")
FETCHED_GO = "go"
PROGRAM = "kubernetes"

PATCHES = {
    # The volumes of the StorageClass: in a folder of this cluster, and usable by pods that are not root.
    "pkg/volume/hostpath/host_path.go": {
        'fmt.Sprintf("/tmp/%s/%s", r.basePath, uuid.NewUUID())': (
            'fmt.Sprintf("%s/%s", os.Getenv("CAJAJEJO_VOLUMES"), uuid.NewUUID())'
        ),
        "os.MkdirAll(pv.Spec.HostPath.Path, 0750); err != nil {\n\t\treturn nil, err\n\t}\n": (
            "os.MkdirAll(pv.Spec.HostPath.Path, 0777); err != nil {\n\t\treturn nil, err\n\t}\n"
            "\tif err := os.Chmod(pv.Spec.HostPath.Path, 0777); err != nil {\n\t\treturn nil, err\n\t}\n"
        ),
        'regexp.MustCompile("/tmp/.+")': (
            'regexp.MustCompile("^" + regexp.QuoteMeta(os.Getenv("CAJAJEJO_VOLUMES")) + "/.+")'
        ),
    },
    # The node's processors and memory: a small machine can take the pods of a large one.
    "pkg/kubelet/cadvisor/cadvisor_linux.go": {
        "\treturn cc.GetMachineInfo()\n": (
            "\tinfo, err := cc.GetMachineInfo()\n"
            '\tif err == nil && os.Getenv("CAJAJEJO_NODE") != "" {\n'
            '\t\t_, err = fmt.Sscan(os.Getenv("CAJAJEJO_NODE"), &info.NumCores, &info.MemoryCapacity)\n'
            "\t}\n"
            "\treturn info, err\n"
        )
    },
}


def kubernetes_program(cache: Cache) -> Path:
    """The program, whose first argument is the name of a server of Kubernetes."""
    key = key_of(VERSION, SOURCES / "main.go", json.dumps(PATCHES), os.uname().machine)
    return cache.entry("kubernetes", key, f"Kubernetes {VERSION}", _build) / PROGRAM


def _build(place: Workplace) -> None:
    folder = place.folder / "module"
    folder.mkdir()
    shutil.copy(SOURCES / "main.go", folder)
    # A workspace or settings of the user for other Go projects are no business of this one.
    env = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
    go = _go(place, env)
    _write_module(folder, _source_of_kubernetes(go, folder, env))
    package, version = "k8s.io/component-base/version", VERSION.split(".")
    stamps = {"gitVersion": f"v{VERSION}", "gitMajor": version[0], "gitMinor": version[1]}
    flags = " ".join(["-s", "-w", *(f"-X {package}.{name}={value}" for name, value in stamps.items())])
    command = [go, "build", "-trimpath", "-tags", "providerless", "-ldflags", flags, "-o", place.folder / PROGRAM, "."]
    run_logged(command, place.log, "building Kubernetes", cwd=folder, env=env, held=[place.lock])
    for used in (folder, place.folder / FETCHED_GO):
        shutil.rmtree(used, ignore_errors=True)


def _source_of_kubernetes(go: str, folder: Path, env: dict[str, str]) -> Path:
    found = _download(go, f"k8s.io/kubernetes@v{VERSION}", folder, env)
    copy = folder / "kubernetes"
    shutil.copytree(found, copy, copy_function=shutil.copyfile)
    for path in [copy, *copy.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)  # folders of the module cache are read-only
    for name, replacements in PATCHES.items():
        text = (copy / name).read_text()
        for old, new in replacements.items():
            if text.count(old) != 1:
                raise ClusterError(f"Kubernetes {VERSION} has changed {name}: it lacks {old!r}. Mend PATCHES.")
            text = text.replace(old, new)
        (copy / name).write_text(text)
    return copy


def _write_module(folder: Path, source: Path) -> None:
    # In its repository these modules are folders; as published they have the version of Kubernetes with another major.
    staged = re.findall(r"^\s*(k8s\.io/\S+) => \./staging/", (source / "go.mod").read_text(), re.MULTILINE)
    library = f"v0{VERSION[1:]}"
    lines = [f"{name} => {name} {library}" for name in staged] + ["k8s.io/kubernetes => ./kubernetes"]
    (folder / "go.mod").write_text(
        "module cajajejo.test/kubernetes\n\ngo 1.24.0\n\n"
        f"require k8s.io/kubernetes v{VERSION}\n\n" + "".join(f"replace {line}\n" for line in lines)
    )


def _go(place: Workplace, env: dict[str, str]) -> str:
    """A Go that is new enough: the one on PATH, else one that any Go can fetch as a module."""
    found = shutil.which("go")
    if found is None:
        raise ClusterError("go is not installed. Debian, Ubuntu: apt install golang-go; any version will do.")
    said = subprocess.run([found, "version"], capture_output=True, text=True, check=True, env=env).stdout
    number = re.search(r"go(\d+)\.(\d+)", said)
    if number and (int(number[1]), int(number[2])) >= GO_NEEDED:
        return found
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    fetched = _download(found, f"golang.org/toolchain@{GO_FETCHED}{machine}", place.folder, {**env, "GOFLAGS": ""})
    root = place.folder / FETCHED_GO
    shutil.copytree(fetched, root)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755)  # modules carry no permissions
    env["GOROOT"] = str(root)
    return str(root / "bin" / "go")


def _download(go: str, module: str, folder: Path, env: dict[str, str]) -> Path:
    command = [go, "mod", "download", "-json", module]
    outside = {**env, "GO111MODULE": "on"}
    done = subprocess.run(command, cwd=folder, env=outside, capture_output=True, text=True, check=False)
    said = json.loads(done.stdout or "{}")
    if done.returncode != 0 or "Dir" not in said:
        raise ClusterError(
            f"{module} could not be fetched: {said.get('Error') or done.stderr.strip()}\n"
            "    This step needs a Go module proxy; set GOPROXY when yours is not the usual one."
        )
    return Path(said["Dir"])
