"""The records of money at the bank: the custody account, its bookings and its statements."""

from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta

from lxr_chaincode.parts import ByField, Summed
from lxr_chaincode.types import CustodyNo, PeriodNo, Record, digest
from lxr_chaincode.world import Table
from lxr_token.fen import Fen, SomeFen

PartyNo = Annotated[str, Meta(pattern=r"^[A-Z0-9]{4,30}\Z")]
"""An employer's number, or an order's."""


class Custody(Record, frozen=True):
    """One custody account, as the bank has attested it.

    Supply, the LXR that exist against it, is minted + returned − burned. It always equals the closing balance of the
    last statement + in_transit (attested, on no statement yet) + shortfall (LXR that no money backs).
    instructed_fen: on its way to workers, neither settled nor rejected. two_persons_fen: what was prepared on
    two_persons_day to leave on two persons' word, also what was cancelled since.
    """

    minted_fen: Fen = 0
    burned_fen: Fen = 0
    returned_fen: Fen = 0
    in_transit_fen: Fen = 0
    shortfall_fen: Fen = 0
    instructed_fen: Fen = 0
    sequence: int = 0
    closing_fen: Fen = 0
    closing_day: date | None = None
    last_period: PeriodNo | None = None
    two_persons_day: date | None = None
    two_persons_fen: Fen = 0

    @property
    def supply_fen(self) -> int:
        """The LXR that exist against this account."""
        return self.minted_fen + self.returned_fen - self.burned_fen


class Custodian(Record, frozen=True):
    """Which the custody account of this ledger is."""

    custody: CustodyNo


class Booking(Record, frozen=True):
    """One line of the bank's books. A reference is booked once, whichever command brings it.

    party: the employer of a deposit (None: not known yet), or the order. statement: its number, once it is on one.
    """

    kind: Literal["deposit", "payout", "return", "stray", "made_good"]
    amount_fen: SomeFen
    party: PartyNo | None
    statement: int | None
    state: Literal["booked", "reversal_proposed", "reversed"] = "booked"
    reason: str | None = None
    undone_fen: Fen = 0
    """What a reversal could burn of a deposit; the rest became a shortfall."""


class Statement(Record, frozen=True):
    """One of the bank's statements. entries: how many there are; done: how many are on the ledger."""

    day: date
    file_digest: str
    opening_fen: Fen = 0
    closing_fen: Fen = 0
    entries: int = 0
    done: int = 0
    credits_fen: Fen = 0
    debits_fen: Fen = 0


custodians: Final = Table("custodian", Custodian)
custodies: Final = Table("custody", Custody)
bookings: Final = Table("booking", Booking)
statements: Final = Table(
    "statement",
    Statement,
    splitting=ByField(
        **dict.fromkeys(("opening_fen", "closing_fen", "entries", "done", "credits_fen", "debits_fen"), Summed())
    ),
)


def reversal_digest(custody: str, reference: str, booking: Booking) -> str:
    """The digest of what a reversal undoes: which booking, how much, whose, and why."""
    return digest((custody, reference, booking.amount_fen, booking.party, booking.reason))
