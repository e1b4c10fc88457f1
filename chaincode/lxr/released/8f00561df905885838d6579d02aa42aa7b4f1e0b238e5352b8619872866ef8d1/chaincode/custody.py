"""The custody account: how the bank opens it, and what every command on money at the bank answers."""

from typing import Final

from .command import Command, handles
from .custody_records import Custodian, Custody, custodians, custodies
from .days import day_of
from .refusals import Exists
from .things import Thing
from .types import CustodyNo, Record
from .world import World

MAX_ENTRIES: Final = 300
"""The most statement lines, or rejected payment orders, in one command."""


class CustodyAnswer(Record, frozen=True):
    """The custody account after the command."""

    custody: CustodyNo
    supply_fen: int
    closing_fen: int
    shortfall_fen: int
    unmatched_fen: int


class OpenCustody(Command[CustodyAnswer], frozen=True, kw_only=True, tag="custody.open"):
    """Register the custody account."""

    custody: CustodyNo


@handles(OpenCustody, "bank/teller")
def open_custody(world: World, command: OpenCustody) -> CustodyAnswer:
    """Open the ledger's one custody account; employers apart have ledgers apart. Refuses: Exists."""
    # READ
    there = world.get(custodians)
    # REFUSE
    if there is not None:
        raise Exists(what=Thing.CUSTODY, number=there.custody)
    # WRITE: from here on it must succeed
    custody = Custody(since=day_of(world.at_ms))
    world.put(custodians, Custodian(command.custody))
    world.put(custodies, custody, command.custody)
    return answer_of(command.custody, custody)


def answer_of(number: str, custody: Custody) -> CustodyAnswer:
    """Return what a command on money at the bank answers."""
    return CustodyAnswer(number, custody.supply_fen, custody.closing_fen, custody.shortfall_fen, custody.unmatched_fen)
