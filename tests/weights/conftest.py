from pathlib import Path

import pytest

from weights_model import write_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 64 MB like that of a model, with what a model does not need."""
    folder = tmp_path_factory.mktemp("weights") / "model"
    write_model(folder)
    return folder
