"""Standard output, as it is without a screen."""

import json
import os
import sys
from typing import Any

from lxr.node.said import UNSHOWN


def fall_silent() -> None:
    """Nobody reads standard output any more: what is still written there goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def write_object(value: Any) -> None:
    """One JSON object as the last line of standard output. What nobody sees is escaped, as JSON does it."""
    line = UNSHOWN.sub(lambda unseen: json.dumps(unseen[0])[1:-1], json.dumps(value, ensure_ascii=False))
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        fall_silent()
