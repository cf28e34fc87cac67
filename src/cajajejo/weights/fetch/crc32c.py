"""CRC-32C (Castagnoli): of bytes as they arrive, and of two parts put together. Pure but for the library's import."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

from cajajejo.errors import BadInputError

__all__ = ["combine", "extender"]

_POLYNOMIAL: Final = 0x82F63B78
"""Reflected, as RFC 3720 (iSCSI), appendix B.4 uses it."""
_BITS: Final = 32
_Matrix = tuple[int, ...]


def extender() -> Callable[[int, bytes], int]:
    """Returns the function that goes on with a checksum: from the checksum so far and more bytes to the new one.

    Raises:
        BadInputError: The library is not installed.
    """
    try:
        from google_crc32c import extend
    except ImportError as error:
        remedy = "install it: pip install 'cajajejo[evaluation]'"
        raise BadInputError(f"fetching weights needs google-crc32c: {error}", remedy=remedy) from error
    return extend  # type: ignore[no-any-return]


def combine(first: int, second: int, second_bytes: int) -> int:
    """Returns the checksum of two parts in a row, from theirs.

    Appending zeros to a text is linear over GF(2); so is what they make of its checksum (Mark Adler's `crc32_combine`
    in zlib).

    Args:
        first: The checksum of the first part.
        second: That of the second one.
        second_bytes: The length of the second one.
    """
    return _times(_zeros(second_bytes), first) ^ second


@functools.lru_cache(maxsize=256)
def _zeros(count: int) -> _Matrix:
    """What appending so many zero bytes does to a checksum."""
    square: _Matrix = (_POLYNOMIAL, *(1 << bit for bit in range(_BITS - 1)))  # one zero bit
    for _ in range(3):  # one zero byte
        square = _product(square, square)
    result: _Matrix = tuple(1 << bit for bit in range(_BITS))
    while count:
        if count & 1:
            result = _product(square, result)
        square = _product(square, square)
        count >>= 1
    return result


def _times(matrix: _Matrix, vector: int) -> int:
    total = 0
    for row in matrix:
        if not vector:
            break
        if vector & 1:
            total ^= row
        vector >>= 1
    return total


def _product(left: _Matrix, right: _Matrix) -> _Matrix:
    return tuple(_times(left, column) for column in right)
