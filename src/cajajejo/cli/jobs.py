"""`cajajejo jobs`: evaluation jobs on a Kubernetes cluster, in the order in which `--help` lists the commands."""

from __future__ import annotations

import typer

from cajajejo.cli import (
    jobs_cancel,
    jobs_doctor,
    jobs_evaluation,
    jobs_list,
    jobs_logs,
    jobs_manifests,
    jobs_rbac,
    jobs_status,
    jobs_submit,
    jobs_wait,
    jobs_why,
)

__all__ = ["app"]

app = typer.Typer(
    help="Evaluation jobs: made and submitted by `evaluation`, looked after by the rest.", no_args_is_help=True
)
jobs_evaluation.app.command("parse-job")(jobs_manifests.parse_job_command)
jobs_evaluation.app.command("submit-job")(jobs_submit.submit_job_command)
app.add_typer(jobs_evaluation.app, name="evaluation")
app.command("list")(jobs_list.list_command)
app.command("status")(jobs_status.status_command)
app.command("why")(jobs_why.why_command)
app.command("logs")(jobs_logs.logs_command)
app.command("wait")(jobs_wait.wait_command)
app.command("cancel")(jobs_cancel.cancel_command)
app.command("doctor")(jobs_doctor.doctor_command)
app.command("rbac")(jobs_rbac.rbac_command)
