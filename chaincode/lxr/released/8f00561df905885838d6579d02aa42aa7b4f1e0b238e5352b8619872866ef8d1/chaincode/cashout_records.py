"""The records of a cash-out: its head, its shards, and one order for each payment to the bank."""

import base64
import hashlib
import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta

from ..token.accounts import OF_WORKERS, AccountKind, account, kind_of
from ..token.fen import Fen, SomeFen
from .caller import Person
from .parts import ByField, Listed, Summed
from .types import SEEN, SHARDS_MAX, CashOutNo, CustodyNo, Digest, EmployerNo, EndToEnd, Number, Record, RunNo, WorkerNo
from .world import Table

Scope = Literal["run", "workers", "all", "platform"]
"""A run's wages; what came back of some workers; of all of an employer's workers; fee, tax and insurance accounts."""

SCOPES: Final[dict[Scope, tuple[bool, bool, bool]]] = {
    "run": (True, False, True),
    "workers": (False, True, True),
    "all": (False, False, True),
    "platform": (False, False, False),
}
"""Whether a cash-out of that scope has a run, workers, an employer; a run brings its own."""


class CashOutState(StrEnum):
    """Where a cash-out stands. Whether each payment arrived is read from its orders."""

    OPEN = "open"
    PREPARED = "prepared"
    """The bank's files are stated; not all who must approve them have."""
    INSTRUCTED = "instructed"
    """It is approved: the files go to the bank, which has not said yet that it holds them."""
    ACCEPTED = "accepted"
    """The bank holds these very files: the money has left."""
    CANCELLED = "cancelled"


CASH_OUT_MOVES: Final = {
    CashOutState.OPEN: {CashOutState.PREPARED, CashOutState.CANCELLED},
    CashOutState.PREPARED: {CashOutState.PREPARED, CashOutState.INSTRUCTED, CashOutState.CANCELLED},
    CashOutState.INSTRUCTED: {CashOutState.ACCEPTED, CashOutState.CANCELLED},
    CashOutState.ACCEPTED: set[CashOutState](),
    CashOutState.CANCELLED: set[CashOutState](),
}
assert CASH_OUT_MOVES.keys() == set(CashOutState)


class PaymentOrderState(StrEnum):
    """Where a payment stands. Only `settled` means that a wage is paid: the bank credited the worker's account."""

    HELD = "held"
    SETTLED = "settled"
    RETURNED = "returned"
    REJECTED = "rejected"
    """The bank says that it did not execute it; its statement may say later that it did."""
    CANCELLED = "cancelled"


PAYMENT_ORDER_MOVES: Final = {
    PaymentOrderState.HELD: {PaymentOrderState.SETTLED, PaymentOrderState.REJECTED, PaymentOrderState.CANCELLED},
    PaymentOrderState.SETTLED: {PaymentOrderState.RETURNED},
    PaymentOrderState.RETURNED: {PaymentOrderState.SETTLED},
    PaymentOrderState.REJECTED: {PaymentOrderState.SETTLED},
    PaymentOrderState.CANCELLED: set[PaymentOrderState](),
}
assert PAYMENT_ORDER_MOVES.keys() == set(PaymentOrderState)


class Approval(Record, frozen=True, array_like=True):
    """Who approved a cash-out, in which role of the union."""

    person: Person
    role: str


FILES_MAX: Final = SHARDS_MAX
"""The most files of one cash-out: one for each shard, where the bank takes no more payments in one."""
MessageId = Annotated[str, Meta(pattern=r"^[A-Z0-9-]{1,35}\Z")]
ShardCount = Annotated[int, Meta(ge=1, le=SHARDS_MAX)]
CreatedMs = Annotated[int, Meta(ge=946_684_800_000, lt=4_102_444_800_000, multiple_of=1000)]
"""Whole seconds of 2000 to 2099, in unix ms: a bank's file tells no less."""


class Debtor(Record, frozen=True, array_like=True):
    """Whom the bank's files name as the holder of the custody account, and the CNAPS code of its bank."""

    name: Annotated[str, Meta(min_length=1, max_length=140, pattern=SEEN)]
    bank: Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]


class BankFile(Record, frozen=True, array_like=True):
    """One of the bank's files of a cash-out.

    digest: HMAC-SHA256 of the file under random bytes that lie with it, for the file names persons, whom a bare digest
    would give away to whoever guesses. shards: how many of the cash-out's shards it pays, all of each: the first file
    the first ones, every other those after the file before it.
    """

    message_id: MessageId
    digest: Digest
    shards: ShardCount


class FileSum(Record, frozen=True, array_like=True):
    """How many payments one of the files has, and what they sum to."""

    count: Number
    total_fen: Fen


class CashOut(Record, frozen=True):
    """The head.

    Since it was prepared: files, and file_sums, each one's in their order, with count and total_fen, those of all.
    prepared_ms, execution_date and debtor stand in every file; with the orders and the accounts behind their
    commitments these are all that a file says. prepared_by: all who opened it, held a shard or stated the files;
    second_role: whether a second role must approve it too.
    approvals: so far. instructed_ms: when the last one that it needed came; accepted_ms: when the bank's word came.
    """

    scope: Scope
    custody: CustodyNo
    employer: EmployerNo | None
    run: RunNo | None
    workers: tuple[WorkerNo, ...]
    shards: tuple[int, ...]
    state: CashOutState
    opened_ms: int
    opened_by: Person
    retry_of: EndToEnd | None = None
    files: tuple[BankFile, ...] = ()
    file_sums: tuple[FileSum, ...] = ()
    prepared_ms: CreatedMs | None = None
    execution_date: date | None = None
    debtor: Debtor | None = None
    total_fen: Fen = 0
    count: int = 0
    second_role: bool = False
    prepared_by: tuple[Person, ...] = ()
    approvals: tuple[Approval, ...] = ()
    instructed_ms: int | None = None
    accepted_ms: int | None = None


class CashOutShard(Record, frozen=True):
    """The orders of one shard, and their sum. released: the hold was taken back."""

    orders: tuple[EndToEnd, ...]
    held_by: Person
    total_fen: Fen = 0
    released: bool = False


class PaymentOrder(Record, frozen=True, array_like=True):
    """One payment. account: the LXR account it is taken from. payee_commitment: that to the bank account it goes to.

    booking: the statement's line that paid it, as 2026-09-16/B1. retried_by: the cash-out in its place, where it was
    returned or rejected, unless that one was cancelled. instead_of: the orders whose money had come back, and leaves
    again with this one.
    """

    cashout: str
    shard: int
    account: str
    payee_commitment: Digest
    amount_fen: SomeFen
    state: PaymentOrderState
    booking: str | None = None
    reason: str | None = None
    retried_by: CashOutNo | None = None
    instead_of: tuple[EndToEnd, ...] = ()

    @property
    def worker(self) -> str | None:
        """Whose money it is; None: the platform's."""
        return self.account.partition(":")[2] if kind_of(self.account) in OF_WORKERS else None

    @property
    def comes_back_to(self) -> str:
        """The account of what the bank does not pay out or sends back: it left with its run, whose it is no more."""
        return self.account if self.worker is None else account(AccountKind.RETURNED, self.worker)


class CameBack(Record, frozen=True):
    """The orders that came back, or were not executed, to an account, and whose money has not left it again."""

    orders: tuple[EndToEnd, ...] = ()


class Tagged(Record, frozen=True):
    """The cash-out whose payments bear a tag."""

    cashout: CashOutNo


_CUT: Final = ByField(workers=Listed(), file_sums=Summed(), total_fen=Summed(), count=Summed())

cash_outs: Final = Table("cashout", CashOut, splitting=_CUT)
cash_out_shards: Final = Table("cashout_shard", CashOutShard, splitting=ByField(orders=Listed(), total_fen=Summed()))
payment_orders: Final = Table("payment_order", PaymentOrder)
came_back: Final = Table("came_back", CameBack)
tags: Final = Table("cashout_tag", Tagged)
"""By `tag_of` a cash-out."""


def file_place(cash_out: CashOut, shard: int) -> int | None:
    """Return which of a cash-out's files, counted from 0, pays a shard; None: it is not prepared, or has none such."""
    if shard not in cash_out.shards:
        return None
    place, until = cash_out.shards.index(shard), 0
    for number, file in enumerate(cash_out.files):
        until += file.shards
        if place < until:
            return number
    return None


_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CHARACTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_END_TO_END: Final = re.compile(r"LX[0-9]{6}(WG|HS)[A-Z2-7]{12}[0-9A-Z]", re.ASCII)


def tag_of(cashout: str) -> str:
    """Return the tag of a cash-out, which its payments' references have in common: 40 bits of a hash of its number."""
    return base64.b32encode(hashlib.sha256(cashout.encode()).digest()[:5]).decode()


def end_to_end(cashout: str, account_name: str, day: date, shard: int, place: int) -> str:
    """Return the bank's reference for a payment: LX, yyMMdd, what it is for, where it is, a check character.

    Where: the tag of its cash-out, the shard, and its place there. A cash-out is opened only while no other has its
    tag, and holds a shard once, so no two payments have one reference, and none needs to be looked for before.
    shard, place: 0..1023.
    """
    assert 0 <= shard < 1024
    assert 0 <= place < 1024
    purpose = "WG" if kind_of(account_name) in OF_WORKERS else "HS"
    body = f"LX{day:%y%m%d}{purpose}{tag_of(cashout)}{_base32(shard)}{_base32(place)}"
    return body + _check(body)


def is_end_to_end(text: str) -> bool:
    """Return whether a text is a reference for a payment of ours, its check character included."""
    return _END_TO_END.fullmatch(text) is not None and _check(text[:-1]) == text[-1]


def _base32(number: int) -> str:
    return _BASE32[number >> 5] + _BASE32[number & 31]


def _check(body: str) -> str:
    total = sum(position * _CHARACTERS.index(character) for position, character in enumerate(body, start=1))
    return _CHARACTERS[total % 36]
