"""How often Python looks for garbage that refers to itself."""

import gc
from typing import Final

NEW_OBJECTS: Final = 10_000


def collect_rarely() -> None:
    """Look for it after every 10,000 new objects, for the life of this process, in place of after every 700.

    A payday makes and drops millions of records, of which none refers to itself: looking took a tenth of its time.
    """
    gc.set_threshold(NEW_OBJECTS, 10, 10)
