"""What an MLflow server lists; `tests/weights` has a real one."""

import json
from typing import Any

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.sources.mlflow_server import MlflowServer, ServedFolder
from fake_bucket import FakeBuckets, _send


class FakeLists(FakeBuckets):
    """Answers every question alike."""

    answer: Any = None

    def _answer(self, request: Any) -> None:
        _send(request, 200, json.dumps(self.answer).encode())


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"files": 1},
        {"files": [1]},
        {"files": [{"is_dir": True}]},
        {"files": [{"path": "m", "is_dir": True}]},
        {"files": [{"path": "other/x", "file_size": 1}]},
        {"files": [{"path": "m/x", "file_size": "many"}]},
    ],
)
def test_a_list_that_is_none_is_told(answer: Any) -> None:
    lists = FakeLists({})
    lists.answer = answer
    with lists as address:
        server = MlflowServer(address, "runs:/1/m", "")
        with pytest.raises(WeightsError, match=r"not as an MLflow server does|is listed as if it were in") as caught:
            ServedFolder(server, "runs:/1/m", "get-artifact", {"run_id": "1"}, "m").files()
    assert caught.value.exit_code == 3
