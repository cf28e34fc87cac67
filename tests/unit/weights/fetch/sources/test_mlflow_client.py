"""What MLflow's own client lets through, told as an error of the weights. `tests/weights` has real servers."""

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.sources.mlflow_client import ClientFolder


class ClientError(Exception):
    """As botocore's: MLflow does not translate it."""

    def __init__(self, response: object) -> None:
        super().__init__("An error occurred when calling ListObjectsV2")
        self.response = response


@pytest.mark.parametrize(
    ("response", "status", "code"),
    [({"ResponseMetadata": {"HTTPStatusCode": 403}}, 403, 2), ({"ResponseMetadata": {}}, None, 3), (None, None, 3)],
)
def test_an_error_of_the_store_behind_mlflow_is_told(
    monkeypatch: pytest.MonkeyPatch, response: object, status: int | None, code: int
) -> None:
    def refuse() -> None:
        raise ClientError(response)

    folder = ClientFolder("sqlite:///x.db", "s3://bucket/m")
    monkeypatch.setattr(folder, "_repository", refuse)
    with pytest.raises(WeightsError, match=r"cannot fetch s3://bucket/m .*ListObjectsV2") as caught:
        folder.files()
    assert (caught.value.status, caught.value.exit_code) == (status, code)
