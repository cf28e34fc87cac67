"""Kubernetes documents to YAML and back: what is written is read back and compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cajajejo.errors import CajajejoError
from cajajejo.manifests import quoting

__all__ = ["check_texts", "documents_to_yaml", "load_documents"]


def documents_to_yaml(documents: Sequence[dict[str, Any]]) -> str:
    """Returns documents as YAML: keys in their order, one line a value, long texts as literal blocks."""
    text = "---\n".join("\n".join(_lines(document, 0)) + "\n" for document in documents)
    if load_documents(text) != list(documents):
        raise CajajejoError("the YAML of the manifest does not read back as what was written")
    return text


def load_documents(text: str) -> list[Any]:
    """Returns the documents of a YAML text."""
    return [_constructed(node) for node in _nodes(text)]


def check_texts(text: str, texts: Sequence[str]) -> list[Any]:
    """Reads YAML back and compares all texts in it with those that went in, in their order.

    What stands between quotes or in a literal block is a value; a template writes its own words without quotes.

    Args:
        text: Documents.
        texts: The values that were quoted into it.

    Returns:
        The documents' values.

    Raises:
        CajajejoError: A value arrived changed, or more or less than its value arrived.
    """
    nodes = list(_nodes(text))
    found = [scalar for node in nodes for scalar in _quoted_scalars(node)]
    if found != list(texts):
        raise CajajejoError("the manifest does not read back as the values that went into it")
    return [_constructed(node) for node in nodes]


def _nodes(text: str) -> Iterator[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    yield from yaml.compose_all(text, loader)


def _constructed(node: Any) -> Any:
    import yaml

    return yaml.constructor.SafeConstructor().construct_document(node)


def _quoted_scalars(node: Any) -> Iterator[str]:
    """The texts between quotes or in literal blocks below a node, keys before their values, in the text's order."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        if node.style in ('"', "|"):
            yield node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _quoted_scalars(key)
            yield from _quoted_scalars(value)
    else:
        for item in node.value:
            yield from _quoted_scalars(item)


def _lines(value: dict[str, Any], indent: int) -> Iterator[str]:
    margin = " " * indent
    for key, item in value.items():
        yield from _entry(f"{margin}{quoting.key(str(key))}:", item, indent)


def _entry(head: str, value: Any, indent: int) -> Iterator[str]:
    """A key or a dash with what belongs to it."""
    if isinstance(value, dict) and value:
        yield head
        yield from _lines(value, indent + 2)
    elif isinstance(value, list) and value:
        yield head
        for item in value:
            yield from _item(item, indent)
    elif isinstance(value, dict | list):
        yield f"{head} {'{}' if isinstance(value, dict) else '[]'}"
    elif isinstance(value, str) and "\n" in value:
        yield f"{head} {quoting.block(value, indent + 2)}"
    else:
        yield f"{head} {_scalar(value)}"


def _item(item: Any, indent: int) -> Iterator[str]:
    margin = " " * indent
    if isinstance(item, dict) and item:
        first, *rest = _lines(item, indent + 2)
        yield f"{margin}- {first[indent + 2 :]}"
        yield from rest
    elif isinstance(item, list) and item:
        yield f"{margin}-"
        for inner in item:
            yield from _item(inner, indent + 2)
    else:
        yield from _entry(f"{margin}-", item, indent)


def _scalar(value: Any) -> str:
    if not isinstance(value, float):
        return quoting.quoted(value)
    # Only from a file that somebody edited. Without a dot, YAML 1.1 takes 1e-05 for text.
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e", 1)
