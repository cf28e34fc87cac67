"""pydantic's errors as findings in the words of the toolkit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError, errors
from pydantic.error_wrappers import ErrorWrapper

from cajajejo.config.base import ConfigModel
from cajajejo.config.findings import Finding, FindingsError, Loc, listed, prefixed, shown, spelled
from cajajejo.config.suggest import nearest

__all__ = ["findings_of"]

_ROOT = "__root__"


def findings_of(error: ValidationError, model: type[ConfigModel]) -> Iterator[Finding]:
    """Yield what a model has against its values.

    Args:
        error: What pydantic raised.
        model: The model that was to be made.

    Yields:
        Findings, each with its location from the top.
    """
    for loc, cause in _flat(error.raw_errors, ()):
        yield from prefixed(loc, _findings(cause, loc, model))


def _flat(raw: Sequence[object], loc: Loc) -> Iterator[tuple[Loc, Exception]]:
    """Each error with its location, however deep pydantic has nested them."""
    for wrapper in raw:
        if not isinstance(wrapper, ErrorWrapper):
            assert isinstance(wrapper, Sequence)
            yield from _flat(wrapper, loc)
            continue
        here = (*loc, *(part for part in wrapper.loc_tuple() if part != _ROOT))
        if isinstance(wrapper.exc, ValidationError):
            yield from _flat(wrapper.exc.raw_errors, here)
        else:
            yield here, wrapper.exc


def _findings(cause: Exception, loc: Loc, model: type[ConfigModel]) -> Iterator[Finding]:
    if isinstance(cause, FindingsError):
        yield from cause.findings
    elif isinstance(cause, errors.ExtraError):
        allowed = _keys_at(model, loc[:-1])
        near = nearest(str(loc[-1]), allowed)
        yield Finding("this key is not known", f"allowed are {listed(allowed)}", near and spelled(near), at_key=True)
    elif isinstance(cause, errors.MissingError):
        yield Finding("this key is missing", "it must be given", at_key=True)
    elif isinstance(cause, errors.NoneIsNotAllowedError):
        yield Finding("the value is missing", "it must be given")
    elif isinstance(cause, errors.WrongConstantError):
        yield _wrong_choice(cause)
    elif isinstance(cause, errors.NumberNotGeError):
        yield Finding("the number is too small", f"{cause.limit_value} or more")  # type: ignore[attr-defined]
    elif isinstance(cause, errors.NumberNotLeError):
        yield Finding("the number is too large", f"{cause.limit_value} or less")  # type: ignore[attr-defined]
    else:
        yield Finding(f"this value cannot be used: {cause}")


def _wrong_choice(cause: errors.WrongConstantError) -> Finding:
    given = str(getattr(cause, "given", ""))
    permitted = [str(choice) for choice in getattr(cause, "permitted", ())]
    near = nearest(given, permitted)
    return Finding(f"{shown(given)} is none of the choices", f"allowed are {listed(permitted)}", near and spelled(near))


def _keys_at(model: type[ConfigModel], loc: Loc) -> list[str]:
    """The keys that the model at a location has."""
    for part in loc:
        if isinstance(part, int):
            continue
        field = next((field for field in model.__fields__.values() if field.alias == part), None)
        if field is None or not (isinstance(field.type_, type) and issubclass(field.type_, ConfigModel)):
            continue
        model = field.type_
    return [field.alias for field in model.__fields__.values()]
