"""Running Fabric's own command-line tools."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lxr.network.fabric.faults import NetworkFault
from lxr.node.said import Said

_RETRY_BUDGET_S: Final = 90  # above the 30 s that Fabric itself waits for a commit
_NOT_HANDED_ON: Final = ("CORE_", "ORDERER_", "FABRIC_", "LXR_")
_GRAVE: Final = re.compile(r" (ERROR|PANIC|FATAL) \[")


def run(what: str, command: Sequence[str | Path], environment: Mapping[str, str], *, fine: str | None = None) -> str:
    """Return what the command prints on both outputs. what: names the step in a fault.

    fine: a text that makes a failure a success, such as that the work was done before.
    Raises NetworkFault: the command fails, or takes longer than 90 s.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env={**without_fabric_settings(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_RETRY_BUDGET_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NetworkFault(
            "{what}: no answer within {retry_budget_s} s", what=what, retry_budget_s=_RETRY_BUDGET_S
        ) from None
    except OSError as error:
        raise NetworkFault(
            "{what}: {command} cannot be run: {fault}", what=what, command=command[0], fault=error
        ) from None
    printed = done.stdout.decode(errors="replace")
    if done.returncode != 0 and (fine is None or fine not in printed):
        raise NetworkFault(
            "{what}: {why}", what=what, why=telling_line(printed) or Said("ended with {code}", code=done.returncode)
        )
    return printed


def telling_line(text: str) -> str:
    """Return the last line that says what went wrong or, if none does, that says anything; empty if there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # After a Go program's panic stand its stacks, after the tools' errors their usage.
    telling = [line for line in lines if line.startswith(("panic:", "Error:")) or _GRAVE.search(line)]
    return (telling or lines or [""])[-1]


def without_fabric_settings() -> dict[str, str]:
    """This process's environment without settings of Fabric's, which would override those of a node, and without
    those of `lxr`, one of which is the passphrase: a node lives long, and has no use for it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_NOT_HANDED_ON)}
