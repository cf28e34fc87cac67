"""A server on loopback that knows Jobs, their pods and their logs; lists of both also as the server's tables."""

import time
from collections.abc import Mapping
from typing import Any

from api_server import ApiServer, Reply, Request, status
from cajajejo.cluster.submission.submissions import Submission, remember
from cajajejo.pod_protocol import LastWord
from job_objects import NAME, POD, Json, condition, ended, job, pod

HERE = "/apis/batch/v1/namespaces/here/jobs"
PODS = "/api/v1/namespaces/here/pods"
EVENTS = "/api/v1/namespaces/here/events"
POLICY = f"Container eval for pod here/{POD} failed with exit code 2 matching FailJob rule at index 1"
FAILED = job(conditions=[condition("Failed", 60, reason="PodFailurePolicy", message=POLICY)])
WORD = LastWord(2, "bad_input", "no such \x1b[31mmodel").to_message()
BAD = pod(phase="Failed", node="n", scheduled_s=1, main=ended(2, 59, exit_code=2, message=WORD))


class JobCluster:
    """Objects and lists by path; lists of Jobs and pods are also given as tables."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {EVENTS: [], PODS: [], HERE: []}
        self.tables: dict[str, Json] = {}

    def answer(self, request: Request) -> Reply:
        if "watch" in request.query:
            return Reply(lines=[])
        if "as=Table" in request.headers.get("Accept", "") and request.path in self.tables:
            return Reply(body=self.tables[request.path])
        found = self.objects.get(request.path)
        if isinstance(found, Reply):
            return found
        if isinstance(found, list):
            return Reply(body={"kind": "List", "metadata": {"resourceVersion": "1"}, "items": found})
        if isinstance(found, str | dict):
            return Reply(body=found)
        return status(404, f"{request.path} not found", "NotFound")

    def add(self, one: Json, *pods: Json, says: str = "") -> None:
        self.objects[f"{HERE}/{one['metadata']['name']}"] = one
        self.objects[HERE].append(one)
        self.objects[PODS] += pods
        for item in pods:
            self.objects[f"{PODS}/{item['metadata']['name']}/log"] = says


def submitted(server: ApiServer, tracking_uri: str, name: str = NAME) -> None:
    remember(Submission(name, "here", "test", server.address, tracking_uri, "e", "c", "h", time.time() - 60))


def table(kind: str, *rows: tuple[Json, Mapping[str, str]]) -> Json:
    columns = ["Name", "Status", "Duration"] if kind == "jobs" else ["Name", "Status", "Node"]
    return {
        "columnDefinitions": [{"name": name} for name in columns],
        "rows": [
            {"cells": [cells.get(name, "") for name in columns], "object": {"metadata": item["metadata"]}}
            for item, cells in rows
        ],
    }
