"""`helm.args`, read by HELM's own parser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

__all__ = ["ArgumentsError", "register_from_arguments"]


class ArgumentsError(ValueError):
    """`helm.args` cannot be used."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise ArgumentsError(f"HELM does not take helm.args: {message}")


def register_from_arguments(args: Sequence[str], *, names: Sequence[str], folder: Path | None) -> argparse.Namespace:
    """Reads the arguments, and registers with HELM what they bring along: plugins and models of the hub.

    A job evaluates one model. Another folder than its own is refused: HELM tells models apart by their folders' names
    only, and would reuse the answers of other weights.

    Args:
        args: `helm.args`.
        names: The names under which the model of the job is registered.
        folder: Its folder, or None where it is not here yet.

    Raises:
        ArgumentsError: HELM does not take them, or something in them cannot be used.
    """
    from helm.benchmark.config_registry import register_builtin_configs_from_helm_package
    from helm.benchmark.run import build_parser, import_user_plugins, load_entry_point_plugins

    parser = build_parser()
    parser.__class__ = _Parser
    arguments: argparse.Namespace = parser.parse_args(list(args))
    register_builtin_configs_from_helm_package()
    load_entry_point_plugins()
    for plugin in arguments.plugins or ():
        try:
            import_user_plugins([plugin])
        except Exception as error:
            root: BaseException = error
            while root.__cause__ is not None or root.__context__ is not None:
                root = root.__cause__ or root.__context__ or root
            raise ArgumentsError(f"the plugin {plugin} cannot be imported: {type(root).__name__}: {root}") from error
    for value in arguments.enable_huggingface_models:
        _register_hub_model(value)
    for value in arguments.enable_local_huggingface_models:
        _require_same_folder(value, names, folder)
    return arguments


def _register_hub_model(value: str) -> None:
    from helm.benchmark.huggingface_registration import register_huggingface_hub_model_from_flag_value

    try:
        register_huggingface_hub_model_from_flag_value(value)
    except (ValueError, OSError) as error:
        raise ArgumentsError(f"--enable-huggingface-models {value}: {error}") from error


def _require_same_folder(value: str, names: Sequence[str], folder: Path | None) -> None:
    path = Path(value)
    same = folder is not None and path.exists() and path.resolve() == folder.resolve()
    if same or (f"huggingface/{path.name}" in names and not path.exists()):
        return
    raise ArgumentsError(
        f"--enable-local-huggingface-models {value} is not the model of this job, and a job evaluates one model; "
        "leave the argument out: the model_config's own model is enabled by itself"
    )
