"""What a voucher is: what it says, the transactions that it stands on, its digest, and the proof under a checkpoint."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from lxr.chaincode.checkpoint import Finding
from lxr.chaincode.envelope import SignedPayload
from lxr.chaincode.receipt import Path, Receipt
from lxr.chaincode.types import Digest, Record, canonical
from lxr.settlement.chengdu import chengdu_time
from lxr.settlement.messages.bilingual import Words
from lxr.token.fen import Fen, yuan


class VoucherKind(StrEnum):
    """What a voucher is about. Its number is that of the thing, or the id of the transaction."""

    BOOKING = "booking"
    SHEET = "sheet"
    CONFIRMATION = "confirmation"
    DISPUTE = "dispute"
    ATTESTATION = "attestation"
    RUN = "run"
    PAYSLIP = "payslip"
    ORDER = "order"
    PERIOD = "period"
    CHECKPOINT = "checkpoint"
    TERMS = "terms"
    ACCESSION = "accession"
    TRANSACTION = "transaction"


Hex = Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){8,72}\Z")]
"""An ECDSA signature, DER, in hexadecimal."""


class Party(Record, frozen=True, array_like=True):
    """Who takes part, by ledger number: never a name, a card or a telephone."""

    role: Words
    number: str


class Fact(Record, frozen=True, array_like=True):
    """One thing that the ledger says. Money is in yuan, working time in minutes, times are those of Chengdu.

    value: in words of both languages, or a number or name that is the same in either.
    """

    label: Words
    value: str | Words


class Status(Record, frozen=True):
    """A transaction that the voucher stands on, in the ledger's order. at: Chengdu."""

    tx_id: Digest
    block: int
    position: int
    command: str
    at: str
    organisation: str
    role: str
    employer: str | None
    certificate_serial: str
    signature: Hex


class Content(Record, frozen=True):
    """All that the voucher says. amount_fen, in figures and in capitals: None where no money is spoken of."""

    kind: VoucherKind
    number: str
    title: Words
    consortium: str
    rehearsal: bool
    notices: tuple[Words, ...]
    parties: tuple[Party, ...]
    facts: tuple[Fact, ...]
    amount_fen: Fen | None
    amount_yuan: str | None
    amount_capitals: str | None
    at: str
    transactions: tuple[Status, ...]


class Proven(Record, frozen=True):
    """A transaction: the receipt of what is shown of it, and what was signed where all of that is told."""

    receipt: Receipt
    envelope: SignedPayload | None


class Proof(Record, frozen=True):
    """finding: of the checkpoint. signed: by whom; signers: each one's own signature on it, in the same order.

    founding: of the ledger. before: that the blocks before it hold nothing (the log has grown out of empty ones).
    transactions: those of the content, in the same order.
    """

    finding: Finding
    signed: tuple[str, ...]
    signers: tuple[SignedPayload, ...]
    founding: Receipt
    before: Path
    transactions: tuple[Proven, ...]


class Voucher(Record, frozen=True):
    """digest: SHA-256 of the content's canonical JSON. proof: None until a signed checkpoint covers everything."""

    content: Content
    digest: Digest
    proof: Proof | None = None


class Draft(Struct, frozen=True):
    """What is particular to a voucher of one kind."""

    title: Words
    parties: Sequence[Party]
    facts: Sequence[Fact]
    amount_fen: int | None = None


NO_INVOICE: Final = Words("This voucher is not an invoice.", "本凭证不是发票，不得作为发票使用。")
AS_SHOWN: Final = Words(
    "It tells of the transactions that it names, as things stood then. It does not prove that there were no others.",
    "本凭证只反映所列交易及其当时的情况，不能证明没有其他交易。",
)
NOT_SHOWN: Final = Words("not shown here", "此处未出示")
"""In the place of a fact that no transaction here tells: that is no proof that it did not happen."""
REHEARSAL: Final = Words(
    "Rehearsal: this ledger plays past dates; no money has moved.", "演练：本账本用于演练过往日期，未发生真实资金往来。"
)


def encode_voucher(voucher: Voucher) -> bytes:
    """Return the voucher's file: canonical JSON."""
    return canonical(voucher)


def without_proof(voucher: Voucher) -> Voucher:
    """Return the same voucher to be shown to those who may not see what else its transactions wrote."""
    return replace(voucher, proof=None)


def party(en: str, zh: str, number: str) -> Party:
    """Return a party in its role."""
    return Party(Words(en, zh), number)


def fact(en: str, zh: str, value: Words | str | int | date) -> Fact:
    """Return a fact in words, or one that is a count, a day or a name."""
    return Fact(Words(en, zh), value if isinstance(value, Words) else str(value))


def money(en: str, zh: str, amount_fen: int) -> Fact:
    """Return a fact that is money."""
    return Fact(Words(en, zh), yuan(amount_fen))


def clock(at_ms: int) -> str:
    """Return a moment as it stands on a voucher: 2026-09-15T12:00:00.000+08:00."""
    return chengdu_time(at_ms).isoformat(timespec="milliseconds")
