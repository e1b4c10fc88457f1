"""Who takes part in the contract suite, with their keys, the custody account, and the days on which they act."""

import hashlib
from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lxr.chaincode.registration import worker_number
from lxr.chaincode.types import Record, canonical, digest

CUSTODY: Final = "6222000000000001"
SHARD_SIZE: Final = 3
SHARDS: Final = 2
"""How many workers of an employer share a shard, and how many shards those of E001 fill at first."""
_NAMES: Final[dict[str, str]] = {}
"""By number, the name whose account a worker is registered with."""


def payout(name: str) -> str:
    """The commitment to the bank account of that name, or of the worker of that number."""
    return digest(f"bank account of {_NAMES.get(name, name)}")


def numbered(name: str | int, employer: str = "E001") -> str:
    """The number of the worker who is registered by that employer with the account of that name."""
    number = worker_number(employer, payout(f"{name}"), None)
    _NAMES[number] = f"{name}"
    return number


ANNA, BO, NOVA, CLEO = map(numbered, (7, 9, 18, 12))
DORA: Final = numbered("Dora", "E002")
"""Anna and Bo are in shard 0 of E001, Cleo in shard 1; Dora is with E002; Nova is with E001 and has joined no terms."""


def aug(day: int) -> date:
    """A day of August 2026; the 3rd is a Monday."""
    return date(2026, 8, day)


def sep(day: int) -> date:
    """A day of September 2026."""
    return date(2026, 9, day)


def key_of(name: str) -> ec.EllipticCurvePrivateKey:
    """The private key that belongs to this name in every test."""
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest()) >> 1, ec.SECP256R1())


def public_key(name: str) -> str:
    """The public key that belongs to this name."""
    return key_of(name).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint).hex()


def signature(name: str, message: Record) -> bytes:
    """Signed with the key of this name."""
    return key_of(name).sign(canonical(message), ec.ECDSA(SHA256()))
