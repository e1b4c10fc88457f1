"""State with writes over it that are not in it yet: what a block in the making and a dry run read."""

from collections.abc import Callable, Mapping, Sequence

Read = Callable[[Sequence[str]], list[bytes | None]]
"""The values under keys, in their order; None where there is none."""


def read_over(written: Mapping[str, bytes], below: Read, keys: Sequence[str]) -> list[bytes | None]:
    """Return the values under the keys as the writes leave them; the state below is asked once, for the others."""
    others = [key for key in keys if key not in written]
    values = dict(zip(others, below(others), strict=True))
    return [written[key] if key in written else values[key] for key in keys]
