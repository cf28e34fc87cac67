"""The commands of the documentation that run the image, word for word."""

_MOUNTS = """\
   --mount type=bind,src="$(pwd)/jobs/evaluation/debug.job_config.yml,target=/etc/configs/eval_config.yml" \\
   --mount type=bind,src="$(pwd)/jobs/evaluation/app/debug.conf,target=/etc/configs/run_specs.conf" \\
"""
_SCRATCH = "   --mount type=tmpfs,destination=/scratch \\\n"
_VARIABLES = """\
   -e CONFIG_VERSION=debug \\
   -e HELM_CONFIG_PATH_GIT_REPO=jobs/evaluation/app/debug.conf \\
   -e CONFIG_PATH_GIT_REPO=jobs/evaluation/debug.job_config.yml \\
   -e JOB_NAME=debug \\
"""

EVALUATE = f"docker run \\\n{_MOUNTS}{_SCRATCH}{_VARIABLES}   neurips/evaluation \\\n   evaluate --local\n"
BASH = f"docker run -it --entrypoint /bin/bash \\\n{_MOUNTS}{_SCRATCH}{_VARIABLES}   neurips/evaluation\n"
TEST = f"docker run \\\n{_SCRATCH}{_VARIABLES}   neurips/evaluation test\n"

RESTRICTED = "--read-only --user 4242:4343 --network none"


def with_image(form: str, name: str) -> str:
    """A form with another image."""
    assert form.count(" neurips/evaluation") == 1
    return form.replace(" neurips/evaluation", f" {name}")


def with_options(form: str, options: str) -> str:
    """A form with more options of `docker run`."""
    return form.replace("docker run", f"docker run {options}", 1)


def without(form: str, part: str) -> str:
    """A form less the lines that hold a word."""
    kept = [line for line in form.splitlines(keepends=True) if part not in line]
    assert len(kept) < len(form.splitlines())
    return "".join(kept)
