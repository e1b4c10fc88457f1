"""Cutting a long list into parts that one command, or one query, can carry."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parts(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Yield the items in order, in parts of at most that many."""
    for start in range(0, len(items), most):
        yield items[start : start + most]
