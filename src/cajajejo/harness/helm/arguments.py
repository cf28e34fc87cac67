"""`helm.args`, read by HELM's own parser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

__all__ = ["parse_arguments", "register_other_models"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise ValueError(message)


def parse_arguments(args: Sequence[str]) -> argparse.Namespace:
    """Reads the arguments.

    Raises:
        ValueError: HELM does not take them.
    """
    from helm.benchmark.run import build_parser

    parser = build_parser()
    parser.__class__ = _Parser
    return parser.parse_args(list(args))  # type: ignore[no-any-return]


def register_other_models(arguments: argparse.Namespace, *, folder: Path, names: Sequence[str]) -> None:
    """Registers the models that the arguments enable, as HELM would, apart from the one that is registered already.

    Args:
        arguments: HELM's arguments.
        folder: The folder of the model under evaluation.
        names: The names under which it is registered.

    Raises:
        ValueError: An argument gives one of these names to another folder, or HELM cannot use the model.
    """
    from helm.benchmark.huggingface_registration import (
        register_huggingface_hub_model_from_flag_value,
        register_huggingface_local_model_from_flag_value,
    )

    for value in arguments.enable_huggingface_models:
        register_huggingface_hub_model_from_flag_value(value)
    for value in arguments.enable_local_huggingface_models:
        path = Path(value)
        if path.exists() and path.resolve() == folder.resolve():
            continue
        if f"huggingface/{path.name}" not in names:
            register_huggingface_local_model_from_flag_value(value)
        elif path.exists():
            raise ValueError(
                f"--enable-local-huggingface-models {value} gives the name huggingface/{path.name} to another folder "
                f"than the model under evaluation ({folder}); leave the argument out, or rename that folder"
            )
