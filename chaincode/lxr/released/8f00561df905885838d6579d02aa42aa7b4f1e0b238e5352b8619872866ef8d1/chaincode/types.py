"""The bounded types that commands and records are made of, and their canonical bytes."""

import hashlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from .unseen import UNSEEN


class Record(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What a ledger keeps. Decoding is strict: an unknown field, a float or a wrong type is refused.

    gc: nothing in a record leads back to it, and a payday makes so many that looking for cycles was a tenth of it.
    """


EmployerNo = Annotated[str, Meta(pattern=r"^E[0-9]{3,6}\Z")]
WorkerNo = Annotated[str, Meta(pattern=r"^W[0-9A-HJKMNP-TV-Z]{12}\Z")]
"""60 bits of a hash (see `worker_number`), another for each employment of a person: it says nothing of who that is."""
TermsNo = Annotated[str, Meta(pattern=r"^TE[0-9]{3,6}-[A-Z0-9-]{1,22}\Z")]
"""T, the number of the employer whose terms they are, and what it calls them: another employer cannot take it."""
TermsVersion = Annotated[int, Meta(ge=1, le=1000)]
RunNo = Annotated[str, Meta(pattern=r"^E[0-9]{3,6}-20[0-9]{6}(-[A-Z0-9]{1,8})?\Z")]
"""Employer and payday; a third part where there are several on one day."""
CashOutNo = Annotated[str, Meta(pattern=r"^C[A-Z0-9-]{1,36}\Z")]
EndToEnd = Annotated[str, Meta(pattern=r"^[A-Z0-9]{10,30}\Z")]
"""The bank's reference for one payment. At most 30 characters: the narrowest Chinese bank interface allows no more."""
DeductionNo = Annotated[str, Meta(pattern=r"^DE[0-9]{3,6}-[A-Z0-9-]{1,22}\Z")]
"""D, the number of the employer whose worker it is about, and a number of its own."""
RecoveryNo = Annotated[str, Meta(pattern=r"^RE[0-9]{3,6}-[A-Z0-9-]{1,22}\Z")]
"""R, the number of the employer that was owed, and what it calls the recovery: another employer cannot take it."""
CustodyNo = Annotated[str, Meta(pattern=r"^[0-9A-Z]{4,34}\Z")]
BookingRef = Annotated[str, Meta(pattern=r"^[0-9A-Z._-]{1,35}\Z")]
"""The bank's booking reference in its one form, in capitals. It is unique within a booking day, not for ever."""
LineRef = Annotated[str, Meta(pattern=r"^[0-9A-Z._-]{1,35}(~[1-9][0-9]?){0,4}\Z")]
"""The reference of a statement's line, or of a part of it that bank and union have split off: B1~2, B1~2~1."""
RequestId = Annotated[str, Meta(pattern=r"^[0-9A-Za-z._:-]{8,100}\Z")]
PeriodNo = Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])\Z")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""SHA-256 in lower-case hexadecimal."""
PublicKey = Annotated[str, Meta(pattern=r"^0[23][0-9a-f]{64}\Z")]
"""A P-256 public key: the compressed point in hexadecimal."""
Signature = Annotated[bytes, Meta(min_length=8, max_length=72)]
"""ECDSA over SHA-256, DER."""
SEEN: Final = rf"^[^{UNSEEN}]+\Z"
"""The pattern of any free text: nothing in it breaks a line, moves the cursor, hides or turns letters."""
Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=SEEN)]
"""A short reason. It stays on the ledger for ever: no names, no numbers of persons; and nothing that breaks a line,
moves the cursor of whoever reads it, or turns the order of its letters."""
ReasonCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{4}\Z")]
"""A bank's reason in ISO 20022's external code sets, AC04: never its own words, which may name a person."""
Measure = Annotated[str, Meta(pattern=r"^[a-z_]{1,24}\Z")]
Quantity = Annotated[int, Meta(ge=0, le=10**6)]
"""Whole units of a measure on one day."""
Measures = Annotated[dict[Measure, Quantity], Meta(max_length=12)]
"""What was done on one day; 'minutes' is working time."""
SHARDS_MAX: Final = 1000
"""Into how many parts one employer's workers are cut at most."""
Shard = Annotated[int, Meta(ge=0, le=SHARDS_MAX - 1)]
Number = Annotated[int, Meta(ge=1, le=10**9)]
"""How many there are, or which one, counted from 1: a sheet's versions, disputes, statements, payment orders."""

MAX_ITEMS: Final = 1000
"""The most rows, answers or workers in one command."""

_encoder: Final = msgspec.json.Encoder(order="deterministic")


def canonical(value: Any) -> bytes:
    """The one JSON form of a value: keys sorted, no spaces. What is signed, hashed and stored."""
    return _encoder.encode(value)


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()
