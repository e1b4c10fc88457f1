"""What a node checks by its own clock: how far a transaction's time may be from it. No audit can do that."""

from typing import Final

from lxr.chaincode.clock import PAST_MS_MAX
from lxr.chaincode.ledger_refusals import ClockOff

AHEAD_MS_MAX: Final = 60_000
"""How far a transaction's time may be ahead of the node's own; it may be as far behind as behind the ledger's clock."""


def refuse_clock(at_ms: int, now_ms: int) -> None:
    """Refuses: ClockOff, where the transaction's time is a minute ahead of the node's, or ten behind it."""
    if not -PAST_MS_MAX <= at_ms - now_ms <= AHEAD_MS_MAX:
        raise ClockOff(seconds=(at_ms - now_ms) // 1000)
