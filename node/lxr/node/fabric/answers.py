"""What the chaincode service answers to a proposal, and how a client reads it back.

Functions of the chaincode, by the first argument: `submit ENVELOPE`; `read KEYS`, `scan PREFIX AFTER` and `versions`,
which only ever are evaluated.

An answer below status 400 is endorsed, one from 400 on is not, and only its message reaches the client.
"""

from typing import Final

import msgspec
from msgspec import Struct

from lxr.chaincode.refusals import BY_CODE
from lxr.token.refusal import Fact, Refusal

SUBMIT: Final = "submit"
READ: Final = "read"
SCAN: Final = "scan"
VERSIONS: Final = "versions"

ACCEPTED: Final = 200
REFUSED: Final = 400
REPLAYED: Final = 409
"""The request was accepted before: there is nothing to write, and nothing to order."""
FAILED: Final = 500
"""Not an answer of the contract: a bug, or a medium that failed."""

PAGE_KEYS: Final = 1_000
"""As many keys and values one `scan` gives at most; the next begins after the last of them."""

Page = list[tuple[str, bytes]]
Values = list[bytes | None]

_encode: Final = msgspec.msgpack.Encoder().encode


class Replayed(Struct, frozen=True):
    """tx_id: the transaction that was accepted first, under the same request id and with the same command."""

    tx_id: str


class _Refused(Struct, frozen=True):
    code: int
    facts: dict[str, Fact]


def encode_refusal(refusal: Refusal) -> str:
    """Return the message of a response with status REFUSED."""
    return msgspec.json.encode(_Refused(refusal.code, refusal.facts)).decode()


def decode_refusal(message: str) -> Refusal | None:
    """Return the refusal in a message; None if it holds none."""
    try:
        refused = msgspec.json.decode(message, type=_Refused)
        return BY_CODE[refused.code](**refused.facts)
    except (msgspec.MsgspecError, KeyError, AssertionError):
        return None


def encode_replayed(tx_id: str) -> str:
    """Return the message of a response with status REPLAYED."""
    return msgspec.json.encode(Replayed(tx_id)).decode()


def decode_replayed(message: str) -> Replayed | None:
    """Return the replay in a message; None if it holds none."""
    try:
        return msgspec.json.decode(message, type=Replayed)
    except msgspec.MsgspecError:
        return None


def encode_page(page: Page) -> bytes:
    """Return the payload of a response to `scan`: keys and values, sorted by key."""
    return _encode(page)


decode_page: Final = msgspec.msgpack.Decoder(Page).decode


def encode_values(values: Values) -> bytes:
    """Return the payload of a response to `read`: the values under the keys, in their order."""
    return _encode(values)


decode_values: Final = msgspec.msgpack.Decoder(Values).decode


def encode_keys(keys: list[str]) -> bytes:
    """Return the argument of `read`."""
    return _encode(keys)


decode_keys: Final = msgspec.msgpack.Decoder(list[str]).decode
