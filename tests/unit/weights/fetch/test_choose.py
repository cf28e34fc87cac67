from pathlib import Path

import pytest

from cajajejo.config.job import ModelConfig
from cajajejo.errors import BadInputError
from cajajejo.weights.fetch.choose import model_source, named_source, tokenizer_source

RUN = "a" * 32


@pytest.mark.parametrize(
    ("uri", "kind", "key"),
    [
        ("gs://bucket/a/b/", "gs", "bucket/a/b"),
        ("hf://org/name", "hf", "org/name"),
        ("hf://gpt2@main", "hf", "gpt2"),
        ("hf://org/name@refs/pr/1", "hf", "org/name"),
        ("models:/my llama/3", "mlflow", "t:5/my llama"),
        ("models:/llama@best", "mlflow", "t:5/llama"),
        (f"runs:/{RUN}/a/b", "mlflow", f"{RUN}/a/b"),
    ],
)
def test_a_uri_names_a_source(uri: str, kind: str, key: str) -> None:
    source = named_source(uri, "http://user:secret@t:5")
    assert (source.kind, source.key) == (kind, key)


def test_so_does_a_folder(tmp_path: Path) -> None:
    assert named_source(str(tmp_path), None).uri == str(tmp_path)


@pytest.mark.parametrize(
    "uri", ["", "gs://", "gs://b", "hf://", "hf://a/b/c", "s3://b/c", "models:/a", "runs:/1/a", "/no/such"]
)
def test_other_texts_do_not(uri: str) -> None:
    with pytest.raises(BadInputError, match="no source of weights"):
        named_source(uri, "http://t")


@pytest.mark.parametrize(
    ("model", "uri", "tokenizer"),
    [
        ({"gs_uri": "gs://bucket/m"}, "gs://bucket/m", None),
        ({"hf_model": {"repository": "o/n", "revision": "v"}}, "hf://o/n@v", None),
        ({"mlflow_model": {"uri": "models:/a/1", "tokenizer_hf_repo": "o/t"}}, "models:/a/1", "hf://o/t"),
        (
            {"mlflow_artifact": {"run_id": RUN, "artifact_path": "m", "tokenizer_hf_repo": "o/t"}},
            f"runs:/{RUN}/m",
            "hf://o/t",
        ),
        ({"builtin": "tiny"}, None, None),
        ({"path": "/m"}, None, None),
    ],
)
def test_a_config_names_its_sources(model: dict[str, object], uri: str | None, tokenizer: str | None) -> None:
    config = ModelConfig(**model)  # type: ignore[arg-type]
    source, other = model_source(config, "http://t"), tokenizer_source(config)
    assert (source and source.uri, other and other.uri) == (uri, tokenizer)
