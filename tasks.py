"""The make targets as invoke tasks: `invoke --list`, `invoke test`.

All logic is in the Makefile and in `scripts`.
"""

from __future__ import annotations

from invoke.context import Context
from invoke.tasks import task


@task
def test(ctx: Context) -> None:
    """Runs all tests."""
    ctx.run("make test", pty=True)


@task
def lint(ctx: Context) -> None:
    """Checks style, formatting and the order of imports."""
    ctx.run("make lint", pty=True)


@task
def quickstart(ctx: Context) -> None:
    """Evaluates a tiny model on this machine."""
    ctx.run("make quickstart", pty=True)


@task
def bench(ctx: Context) -> None:
    """Measures against bare HELM."""
    ctx.run("make bench", pty=True)
