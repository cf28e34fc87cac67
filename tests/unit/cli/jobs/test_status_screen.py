"""The screen of `jobs status --watch`, on a terminal."""

import io
import sys

import pytest

from api_server import ApiServer
from cajajejo.cli.jobs.cluster_options import open_api
from cajajejo.cli.jobs.status_screen import watch_status
from job_objects import NAME, condition, ended, job, pod
from job_server import JobCluster


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_it_live_and_in_the_end_once_more(
    job_cluster: JobCluster, job_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = pod(phase="Succeeded", node="n", scheduled_s=1, main=ended(2, 8))
    job_cluster.add(job(conditions=[condition("Complete", 9)]), over)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    watch_status(open_api(None, None, None), "here", NAME, " --namespace here")
    text = screen.getvalue()
    assert "succeeded" in text
    assert text.endswith(f"cajajejo jobs logs {NAME} --namespace here\x1b[0m\n")
