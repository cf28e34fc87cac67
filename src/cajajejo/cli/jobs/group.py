"""`cajajejo jobs`: evaluation jobs on a Kubernetes cluster, in the order in which `--help` lists the commands."""

from __future__ import annotations

import typer

from cajajejo.cli.jobs import (
    cancel,
    doctor,
    evaluation,
    listing,
    logs,
    manifests,
    rbac,
    status,
    submit,
    wait,
    why,
)

__all__ = ["app"]

app = typer.Typer(
    help="Evaluation jobs: made and submitted by `evaluation`, looked after by the rest.", no_args_is_help=True
)
evaluation.app.command("parse-job")(manifests.parse_job_command)
evaluation.app.command("submit-job")(submit.submit_job_command)
app.add_typer(evaluation.app, name="evaluation")
app.command("list")(listing.list_command)
app.command("status")(status.status_command)
app.command("why")(why.why_command)
app.command("logs")(logs.logs_command)
app.command("wait")(wait.wait_command)
app.command("cancel")(cancel.cancel_command)
app.command("doctor")(doctor.doctor_command)
app.command("rbac")(rbac.rbac_command)
