"""Failures of single requests: which cost a sample, and which the whole entry. None is tried again."""

from typing import Any

import pytest

pytest.importorskip("helm.clients.huggingface_client")
from helm.clients.huggingface_client import HuggingFaceClient
from helm.common.request import Request, RequestResult

from cajajejo.harness.helm.client import ENGINE, FolderClient

pytestmark = [pytest.mark.helm]


@pytest.mark.parametrize(
    ("error", "fatal"),
    [
        ("HuggingFace error: index out of range in self", False),
        ("HuggingFace error: CUDA out of memory. Tried to allocate 2 GiB", True),
        ("HuggingFace error: CUDA error: device-side assert triggered", True),
        ("HuggingFace error: this request has not been answered yet; run the inference phase first", True),
    ],
)
def test_a_failure_is_never_tried_again(error: str, fatal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def answer(_self: Any, request: Request) -> RequestResult:
        asked.append(request)
        return RequestResult(success=False, cached=False, error=error, completions=[], embedding=[])

    monkeypatch.setattr(HuggingFaceClient, "make_request", answer)
    client = FolderClient.__new__(FolderClient)
    flags = client.make_request(Request(model="huggingface/any", model_deployment="huggingface/any")).error_flags
    assert flags is not None
    assert (flags.is_retriable, flags.is_fatal) == (False, fatal)
    assert asked[0].model == ENGINE
