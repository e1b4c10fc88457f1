"""How many examples a test tries that draws them: after each change a quarter of what is tried before it lands."""

import os
from typing import Final

QUICK: Final = os.environ.get("LXR_QUICK") == "1"
"""`make test` says so; `make test-all`, CI and plain pytest do not."""
_LEAST: Final = 10


def examples(number: int) -> int:
    """So many, or where it is to be quick a quarter of them."""
    return max(number // 4, min(number, _LEAST)) if QUICK else number
