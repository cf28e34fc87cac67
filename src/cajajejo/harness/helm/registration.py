"""The model folder made known to HELM, through HELM's own deployment files."""

from __future__ import annotations

from pathlib import Path

import yaml

from cajajejo.harness.contract import FolderEndpoint

__all__ = ["register_folder"]

ABSURD_LENGTH_TOKENS = 1_000_000
"""A tokenizer without a stated length says 10^30; HELM draws the line here too."""


def register_folder(endpoint: FolderEndpoint, config_folder: Path, *, answers_only: bool) -> None:
    """Writes `model_deployments.yaml` and `tokenizer_configs.yaml` for the model and lets HELM read them.

    Args:
        endpoint: The model.
        config_folder: Where to write the files; exists.
        answers_only: Whether the client may only reuse answers, and must not load the model.

    Raises:
        ValueError: Nobody says how long a sequence may be.
    """
    from helm.benchmark.config_registry import register_configs_from_directory
    from helm.tokenizers.huggingface_tokenizer import HuggingFaceTokenizer

    tokenizer_path = endpoint.tokenizer_path or endpoint.path
    with HuggingFaceTokenizer.create_tokenizer(pretrained_model_name_or_path=tokenizer_path) as tokenizer:
        length = endpoint.max_sequence_length or int(tokenizer.model_max_length)
        tokenizer_config = {
            "name": endpoint.names[0],
            "tokenizer_spec": {
                "class_name": "helm.tokenizers.huggingface_tokenizer.HuggingFaceTokenizer",
                "args": {"pretrained_model_name_or_path": tokenizer_path},
            },
            "end_of_text_token": tokenizer.eos_token or "",
            "prefix_token": tokenizer.bos_token or "",
        }
    if length > ABSURD_LENGTH_TOKENS:
        raise ValueError(
            "neither the tokenizer nor the model's config.json says how many tokens a sequence may have; "
            "set model_config.options.max_length"
        )
    deployments = [_deployment(endpoint, name, length, answers_only=answers_only) for name in endpoint.names]
    _write_yaml(config_folder / "model_deployments.yaml", {"model_deployments": deployments})
    _write_yaml(config_folder / "tokenizer_configs.yaml", {"tokenizer_configs": [tokenizer_config]})
    register_configs_from_directory(str(config_folder))


def _deployment(endpoint: FolderEndpoint, name: str, length: int, *, answers_only: bool) -> dict[str, object]:
    args = {"pretrained_model_name_or_path": endpoint.path, "answers_only": answers_only, **_client_options(endpoint)}
    return {
        "name": name,
        "model_name": name,
        "tokenizer_name": endpoint.names[0],
        "max_sequence_length": length,
        "client_spec": {"class_name": "cajajejo.harness.helm.client.FolderClient", "args": args},
    }


def _client_options(endpoint: FolderEndpoint) -> dict[str, object]:
    """What HELM's Hugging Face client calls the options of the job config."""
    options = {name: value for name, value in endpoint.options.items() if value is not None}
    dtype = options.pop("dtype", None)
    if dtype is not None:
        options["torch_dtype"] = dtype if dtype == "auto" else f"torch.{dtype}"
    options.pop("max_length", None)
    return options


def _write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
