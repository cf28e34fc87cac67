"""build-and-push-job-image."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from cajajejo import __version__
from commands import wait_until
from fake_programs import FakePrograms
from repositories import git

Invoke = Callable[..., "CompletedProcess[str]"]
DIGEST = f"sha256:{'ab' * 32}"
REGISTRY = "europe-west4-docker.pkg.dev/my-project/containers"
PUSHED = f"abc: digest: {DIGEST} size: 1234\n"
BUILD = ("build-and-push-job-image", "evaluation")


@pytest.fixture
def commit(checkout: Path) -> str:
    return git(checkout, "rev-parse", "HEAD").strip()


def test_built_tagged_pushed_and_pinned(invoke: Invoke, programs: FakePrograms, checkout: Path, commit: str) -> None:
    programs.add("docker", when={"push": (PUSHED, 0)})
    done = invoke(*BUILD)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"image: {REGISTRY}/evaluation\nimage_tag: {DIGEST}\n"
    build, push = programs.calls("docker")
    assert build == [
        *("build", "--file", str(checkout / "evaluation.Dockerfile")),
        *("--tag", f"{REGISTRY}/evaluation:{commit}", "--tag", "neurips/evaluation"),
        *("--build-arg", f"COMMIT={commit}", "--build-arg", f"VERSION={__version__}", str(checkout)),
    ]
    assert push == ["push", f"{REGISTRY}/evaluation:{commit}"]


def test_the_slim_one(invoke: Invoke, programs: FakePrograms, commit: str) -> None:
    programs.add("docker", when={"push": (PUSHED, 0)})
    assert invoke(*BUILD, "--target", "slim").returncode == 0
    assert programs.calls("docker")[1] == ["push", f"{REGISTRY}/evaluation:{commit}-slim"]


def test_without_a_push_no_registry_is_needed(invoke: Invoke, programs: FakePrograms, commit: str) -> None:
    programs.add("docker")
    done = invoke(*BUILD, "--no-push", INVOKE_CAJAJEJO_REGISTRY="")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"image: neurips/evaluation\nimage_tag: {commit}\n"
    assert [call[0] for call in programs.calls("docker")] == ["build"]


def test_a_dry_run(invoke: Invoke, programs: FakePrograms, commit: str) -> None:
    programs.add("docker")
    done = invoke(*BUILD, "--dry")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["docker", "build"], ["docker", "push"]]
    assert commit in done.stdout
    assert programs.calls("docker") == []


def test_a_dirty_repository_is_refused(invoke: Invoke, programs: FakePrograms, checkout: Path, commit: str) -> None:
    programs.add("docker", when={"push": (PUSHED, 0)})
    (checkout / "evaluation.Dockerfile").write_text("FROM other\n")
    (checkout / "src").mkdir()
    (checkout / "src" / "new.py").write_text("")
    (checkout / "notes.txt").write_text("not a part of any image")
    done = invoke(*BUILD)
    assert done.returncode == 2
    assert "  evaluation.Dockerfile\n  src/new.py\nDo: " in done.stderr
    assert programs.calls("docker") == []
    assert invoke(*BUILD, "--allow-dirty").returncode == 0
    assert programs.calls("docker")[1][1].endswith(f":{commit}-dirty")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", 3, "is not running"),
        ("ERROR: failed to solve: exit code: 1", 2, "the first step that failed is above"),
    ],
)
def test_a_build_that_fails(invoke: Invoke, programs: FakePrograms, words: str, code: int, told: str) -> None:
    programs.add("docker", f"{words}\n", code=1)
    done = invoke(*BUILD)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_login(invoke: Invoke, programs: FakePrograms) -> None:
    programs.add("docker", when={"push": ("no basic auth credentials\n", 1)})
    done = invoke(*BUILD)
    assert done.returncode == 2
    assert "docker is not logged in to the registry" in done.stderr
    assert done.stderr.endswith("Do: invoke docker-login\n")


def test_an_image_that_does_not_exist(invoke: Invoke, programs: FakePrograms) -> None:
    done = invoke("build-and-push-job-image", "evalution")
    assert done.returncode == 2
    assert "Do: did you mean evaluation?" in done.stderr


def test_what_was_pushed_is_pushed_even_if_nobody_can_read_the_digest(
    checkout: Path, programs: FakePrograms, commit: str
) -> None:
    programs.add("docker", when={"push": (PUSHED, 0)})
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("invoke")), *BUILD],
            cwd=checkout,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert DIGEST in done.stderr, "docker's own line"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGINT, 130)])
def test_who_ends_the_task_ends_docker(
    checkout: Path, programs: FakePrograms, tmp_path: Path, number: int, code: int
) -> None:
    # It ends in its own time, and what it has started with it.
    trap = f"trap 'kill $!; wait; echo $! >{tmp_path}/ended; exit 1' TERM HUP INT"
    inner = f"echo $$ >{tmp_path}/started; exec sleep 100"
    programs.add_script("docker", f"{trap}\nsh -c '{inner}' &\nwait")
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("invoke")), *BUILD],
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_until(lambda: (tmp_path / "started").exists(), process, "docker was started")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, ""), err
    assert (tmp_path / "ended").read_text() == (tmp_path / "started").read_text()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "ended").read_text()), 0)
    assert len(programs.calls("docker")) == 1, "nothing is pushed"
    assert "Traceback" not in err
