"""The tables of docs/jobs.md that are made from the code, between lines `<!-- table:NAME -->` and `<!-- /table -->`.

scripts/docs            renews them
scripts/docs --check    exit code 1 where they are out of date
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import SHAPE_SINGLETON, ModelField

from cajajejo.config.base import ConfigModel, grammar_of, scalar_type
from cajajejo.config.job import EvaluationJobConfig

PAGE = Path(__file__).parents[1] / "docs" / "jobs.md"
SECTION = re.compile(r"(<!-- table:([a-z-]+) -->\n).*?(<!-- /table -->)", re.DOTALL)
WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text"}


def renewed(text: str) -> str:
    """Returns a page with its tables made anew."""
    tables = {"fields": fields_table}
    return SECTION.sub(lambda found: f"{found[1]}{tables[found[2]]()}{found[3]}", text)


def fields_table() -> str:
    """Returns every key of a job config, in the order of the models."""
    return _table(("key", "value", "default", "meaning"), list(_rows(EvaluationJobConfig, "")))


def _rows(model: type[ConfigModel], above: str) -> Iterator[tuple[str, str, str, str]]:
    for field in model.__fields__.values():
        key = f"{above}{field.alias}"
        meaning = field.field_info.description or ""
        yield f"`{key}`", _value(field), _default(field), meaning
        inner = field.type_
        if isinstance(inner, type) and issubclass(inner, ConfigModel):
            yield from _rows(inner, key + {"tuple": "[].", "dict": ".NAME."}.get(_shape(field), "."))


def _shape(field: ModelField) -> str:
    if field.shape == SHAPE_SINGLETON:
        return "one"
    return "dict" if field.key_field is not None or field.outer_type_ is dict else "tuple"


def _value(field: ModelField) -> str:
    grammar, shape = grammar_of(field), _shape(field)
    inner = field.type_
    if isinstance(inner, type) and issubclass(inner, ConfigModel):
        one = "section"
    elif get_origin(inner) is Literal:
        one = " or ".join(f"`{word}`" for word in get_args(inner))
    elif grammar is not None:
        one = grammar.allowed.removeprefix("allowed are ")
    else:
        one = WORDS.get(scalar_type(field) or object, "anything")
    return one if shape == "one" else {"tuple": f"list: {one}", "dict": f"names, each with: {one}"}[shape]


def _default(field: ModelField) -> str:
    if field.required:
        return "required"
    default = field.get_default()
    if isinstance(default, ConfigModel):
        return ""
    if default is None:
        return "null"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default not in ("", (), {}) else "empty"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def main(arguments: Sequence[str], page: Path = PAGE) -> int:
    """Renews the page, or checks it; returns the exit code."""
    before = page.read_text(encoding="utf-8")
    after = renewed(before)
    if after == before:
        return 0
    if "--check" in arguments:
        print(f"{page.name}: its tables are out of date. Renew them with: scripts/docs", file=sys.stderr)  # noqa: T201
        return 1
    page.write_text(after, encoding="utf-8")
    print(f"{page.name}: its tables are renewed", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
