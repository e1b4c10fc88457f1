"""The records of money at the bank: the custody account, what is attested, what the statements say, and whose it is."""

from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta
from msgspec.structs import replace

from ..token.fen import Fen, SignedFen, SomeFen
from .caller import Person
from .lines import Line, LineKind, Target
from .parts import ByField, Summed
from .types import BookingRef, CustodyNo, Digest, EmployerNo, PeriodNo, Record, digest
from .world import Table

PLATFORM: Final = "platform"
"""The owner of fees, taxes and contributions on their way, and of the bank's interest and fees."""
OPENING: Final = "OPENING-BALANCE"
"""The reference of the balance that the first statement opens with: a credit, or a debit where it is overdrawn."""
START: Final = "0" * 64
"""The content of a statement without lines."""
IN_TRANSIT: Final = ("attested", "missing")
"""The states of a deposit that is on no statement, and was not reversed."""
IN_TRANSIT_MAX: Final = 500
"""The most attested deposits that are on no statement: so many can go missing in one command."""


class Custody(Record, frozen=True):
    """The custody account, as the bank's statements and attestations have it.

    Supply, the LXR that exist, is minted (less what was reversed) + returned − burned. It always equals balance (the
    last closing balance and the lines booked since) + in_transit (attested, their statement not here yet) + blocked
    (attested, on no statement, unspent) + shortfall (spent or owed, without money) + unmatched (debits of which nobody
    knows what they are).

    instructed_fen: on its way to payees, neither debited nor rejected nor cancelled. came_back_fen: of wages, what the
    bank sent back or did not execute and that has not left again. statements: how many are complete; number: the bank's
    own of the last one. since: the day the account came onto the ledger. two_persons_fen: what was prepared on
    two_persons_day to leave on two persons' word, also what was cancelled since. Balances of an overdrawn account are
    below zero.
    """

    since: date
    minted_fen: Fen = 0
    burned_fen: Fen = 0
    returned_fen: Fen = 0
    balance_fen: SignedFen = 0
    in_transit_fen: Fen = 0
    blocked_fen: Fen = 0
    shortfall_fen: Fen = 0
    unmatched_fen: Fen = 0
    instructed_fen: Fen = 0
    came_back_fen: Fen = 0
    statements: int = 0
    number: int | None = None
    closing_fen: SignedFen = 0
    closing_day: date | None = None
    last_period: PeriodNo | None = None
    two_persons_day: date | None = None
    two_persons_fen: Fen = 0

    @property
    def supply_fen(self) -> int:
        """The LXR that exist against this account."""
        return self.minted_fen + self.returned_fen - self.burned_fen

    @property
    def backing_fen(self) -> int:
        """What the supply must be equal to."""
        known_fen = self.balance_fen + self.in_transit_fen + self.blocked_fen
        return known_fen + self.shortfall_fen + self.unmatched_fen


class Custodian(Record, frozen=True):
    """Which the custody account of this ledger is."""

    custody: CustodyNo


class Backing(Record, frozen=True):
    """One owner's part of the custody account: an employer's, or the platform's.

    confirmed_fen: credits of its own on statements, less its payouts there; below zero where it paid out what was
    attested and never came. in_transit_fen, blocked_fen, shortfall_fen: see Custody. pending_fen: its part of
    instructed_fen. came_back_fen: its part of that of Custody, which is its workers' and for no other payout.
    claimed_fen: of debits that wait, what the bank says takes its money. The LXR of an employer and its workers are
    always confirmed + in_transit + blocked + shortfall.
    """

    confirmed_fen: SignedFen = 0
    in_transit_fen: Fen = 0
    blocked_fen: Fen = 0
    shortfall_fen: Fen = 0
    pending_fen: Fen = 0
    came_back_fen: Fen = 0
    claimed_fen: Fen = 0


class Attestation(Record, frozen=True):
    """A credit that the bank attests ahead of its statement.

    state: confirmed by its line; missing from the statement that covers its day, of which blocked_fen are kept from the
    employer's unspent LXR; reversed, because it never was. cosigned_by: a second person of the bank. reversal: why the
    bank proposes to reverse it.
    """

    employer: EmployerNo
    amount_fen: SomeFen
    attested_by: Person
    state: Literal["attested", "missing", "confirmed", "reversed"] = "attested"
    cosigned_by: Person | None = None
    reversal: str | None = None
    blocked_fen: Fen = 0


class InTransit(Record, frozen=True, array_like=True):
    """An attested deposit that is on no statement. missing: its day's statement is here."""

    day: date
    booking: BookingRef
    employer: EmployerNo
    amount_fen: SomeFen
    cosigned: bool
    missing: bool


class Transit(Record, frozen=True):
    """All attested deposits that are neither confirmed nor reversed, in the order in which they were attested."""

    deposits: Annotated[tuple[InTransit, ...], Meta(max_length=IN_TRANSIT_MAX)] = ()


class Proposal(Record, frozen=True):
    """What the bank says a waiting line is. agreed: the organisations that found the same.

    payer_known: the line's payer was an employer of the ledger then. charged: the employer whose money it takes.
    """

    target: Target
    proposed_by: Person
    payer_known: bool = False
    charged: EmployerNo | None = None
    agreed: tuple[str, ...] = ()


class Booking(Record, frozen=True):
    """A line of a statement, and what it is: see `lines.LineKind`. party: the order, the employer, the platform or the
    other line.

    statement: which one, by the ledger's count. waiting_fen: what of it still waits. given_back_fen: what of it later
    lines undid while it waited. proposal: what the bank says of it. by_hand: bank and union said what it is. A part of
    a line has that line's facts, and its own amount.
    """

    line: Line
    statement: int
    kind: LineKind
    party: Annotated[str, Meta(max_length=60)] | None = None
    waiting_fen: Fen = 0
    proposal: Proposal | None = None
    by_hand: bool = False
    given_back_fen: Fen = 0

    @property
    def standing_fen(self) -> int:
        """What of the amount was not given back while it waited."""
        return self.line.amount_fen - self.given_back_fen

    @property
    def split_fen(self) -> int:
        """What of the amount stands in parts, which are bookings of their own."""
        return sum(self.proposal.target.parts_fen) if self.kind == "parts" and self.proposal is not None else 0

    @property
    def signed_fen(self) -> int:
        """The amount that stands in no part, below zero where money went."""
        own_fen = self.line.amount_fen - self.split_fen
        return own_fen if self.line.credit else -own_fen


class UnmatchedDebits(Record, frozen=True):
    """How many debits wait that bear an order's id, whether the ledger has that order yet or not."""

    count: Annotated[int, Meta(ge=0)] = 0


class Statement(Record, frozen=True):
    """One of the bank's statements. number: the bank's own. entries: how many lines; done: how many are on the ledger.

    content: the digest of what it says, see `content_of`, over the lines booked so far. last: where the last of them
    stands, see `Line.place`. latest: the latest booking day among them.
    """

    day: date
    number: int | None
    content: Digest = START
    last: tuple[bool, date, str] | None = None
    latest: date | None = None
    opening_fen: SignedFen = 0
    closing_fen: SignedFen = 0
    entries: int = 0
    done: int = 0
    credits_fen: Fen = 0
    debits_fen: Fen = 0


custodians: Final = Table("custodian", Custodian)
custodies: Final = Table("custody", Custody)
backings: Final = Table("backing", Backing)
attestations: Final = Table("attestation", Attestation)
transits: Final = Table("transit", Transit)
bookings: Final = Table("booking", Booking)
unmatched_debits: Final = Table("unmatched_debits", UnmatchedDebits)
statements: Final = Table(
    "statement",
    Statement,
    splitting=ByField(
        **dict.fromkeys(
            ("content", "last", "latest", "opening_fen", "closing_fen", "entries", "done", "credits_fen", "debits_fen"),
            Summed(),
        )
    ),
)


def attestation_digest(custody: str, day: date, booking: str, attestation: Attestation) -> str:
    """Return the digest of what a second person of the bank signs, or the union of a reversal."""
    return digest((custody, day, booking, attestation.employer, attestation.amount_fen, attestation.reversal))


def assignment_digest(custody: str, booking: Booking, target: Target) -> str:
    """Return the digest of a waiting line and of what the bank says it is."""
    return digest((custody, booking.line, booking.waiting_fen, target))


def parts_of(booking: Booking, target: Target) -> tuple[Booking, ...]:
    """Return the parts that a line is said to have, which wait; none where it is one thing."""
    line, statement = booking.line, booking.statement
    return tuple(
        Booking(
            replace(line, booking=f"{line.booking}~{number}", amount_fen=fen), statement, "waiting", waiting_fen=fen
        )
        for number, fen in enumerate(target.parts_fen, start=1)
    )


def content_of(before: str, line: Line) -> str:
    """Return the digest of a statement's content with one more line. Before the first line: `START`.

    What a statement says is days, references and amounts: the same file downloaded again says the same.
    """
    return digest((before, line.day, line.booking, line.credit, line.amount_fen))
