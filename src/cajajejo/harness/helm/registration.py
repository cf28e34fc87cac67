"""The model folder made known to HELM, through HELM's own deployment files."""

from __future__ import annotations

from pathlib import Path

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
    import yaml
    from helm.benchmark.config_registry import register_configs_from_directory
    from helm.tokenizers.huggingface_tokenizer import HuggingFaceTokenizer

    tokenizer_path = endpoint.tokenizer_path or endpoint.path
    with HuggingFaceTokenizer.create_tokenizer(pretrained_model_name_or_path=tokenizer_path) as tokenizer:
        stated = int(tokenizer.model_max_length)
        end_of_text, prefix = tokenizer.eos_token or "", tokenizer.bos_token or ""
    length = endpoint.max_sequence_length or stated
    if length > ABSURD_LENGTH_TOKENS:
        raise ValueError(
            "neither the tokenizer nor the model's config.json says how many tokens a sequence may have; "
            "set model_config.options.max_length"
        )
    tokenizer_name = endpoint.names[0]
    client_args = {
        "pretrained_model_name_or_path": endpoint.path,
        "answers_only": answers_only,
        **_client_options(endpoint),
    }
    deployments = [
        {
            "name": name,
            "model_name": name,
            "tokenizer_name": tokenizer_name,
            "max_sequence_length": length,
            "client_spec": {"class_name": "cajajejo.harness.helm.client.FolderClient", "args": client_args},
        }
        for name in endpoint.names
    ]
    tokenizer_config = {
        "name": tokenizer_name,
        "tokenizer_spec": {
            "class_name": "helm.tokenizers.huggingface_tokenizer.HuggingFaceTokenizer",
            "args": {"pretrained_model_name_or_path": tokenizer_path},
        },
        "end_of_text_token": end_of_text,
        "prefix_token": prefix,
    }
    _write_yaml(config_folder / "model_deployments.yaml", {"model_deployments": deployments}, yaml)
    _write_yaml(config_folder / "tokenizer_configs.yaml", {"tokenizer_configs": [tokenizer_config]}, yaml)
    register_configs_from_directory(str(config_folder))


def _client_options(endpoint: FolderEndpoint) -> dict[str, object]:
    """What HELM's Hugging Face client calls the options of the job config."""
    options = {name: value for name, value in endpoint.options.items() if value is not None}
    dtype = options.pop("dtype", None)
    if dtype is not None:
        options["torch_dtype"] = dtype if dtype == "auto" else f"torch.{dtype}"
    options.pop("max_length", None)
    return options


def _write_yaml(path: Path, content: object, yaml: object) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")  # type: ignore[attr-defined]
