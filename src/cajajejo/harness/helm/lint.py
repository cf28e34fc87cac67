"""Names that HELM does not know, without a model: `python -m cajajejo.harness.helm.lint`.

Reads one JSON object from stdin, {`entries` [{`description`, `priority`, `groups`}], `names` [text], `args` [text]},
and writes one to stdout: {`problems` [{`index`, `message`, `suggestions`}], `arguments` text, where those cannot be
used}. Everything else goes to stderr.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from collections.abc import Sequence

from cajajejo.harness.contract import EntryRequest
from cajajejo.harness.helm.preparation import prepare

__all__ = ["lint"]


def lint(entries: Sequence[EntryRequest], names: Sequence[str], args: Sequence[str]) -> list[dict[str, object]]:
    """Resolves the entries against a model that is known by name only, and returns what is wrong.

    Args:
        entries: As in the run-entries file.
        names: The names under which the model will be known.
        args: `helm.args`.
    """
    prepare()
    from helm.benchmark.model_deployment_registry import ClientSpec, ModelDeployment, register_model_deployment

    from cajajejo.harness.helm.arguments import register_from_arguments
    from cajajejo.harness.helm.entries import Weights, resolve_entries

    arguments = register_from_arguments(args, names=names, folder=None)
    for name in names:
        client = ClientSpec(class_name="helm.clients.simple_client.SimpleClient", args={})
        register_model_deployment(ModelDeployment(name=name, client_spec=client, model_name=name))
    _, problems = resolve_entries(entries, arguments, Weights(names, ""))
    return [dataclasses.asdict(problem) for problem in problems]


def main() -> None:
    """Reads the question from stdin and answers it on stdout."""
    from cajajejo.harness.helm.arguments import ArgumentsError

    question = json.load(sys.stdin)
    entries = [EntryRequest.from_json(json.dumps(entry)) for entry in question["entries"]]
    answer: dict[str, object]
    with contextlib.redirect_stdout(sys.stderr):
        try:
            answer = {"problems": lint(entries, question["names"], question["args"])}
        except ArgumentsError as error:
            answer = {"problems": [], "arguments": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
