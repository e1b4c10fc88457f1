"""Envelopes: a command with the time and the certificate of its sender, and the signature over them."""

import hashlib
from typing import Annotated, Final, Self

import msgspec
from msgspec import Meta, Struct

from .decoding import place_of
from .nesting import refuse_nested
from .refusals import MalformedCommand, TooLarge
from .things import Part
from .types import SEEN, Digest, Record, canonical

MAX_PAYLOAD_BYTES: Final = 1_000_000


class Payload(Struct, frozen=True, forbid_unknown_fields=True):
    """What the sender signs.

    ledger: the id of the one ledger that it is for; None for a founding, which makes that id.
    seed_digest: SHA-256, in hexadecimal, of the envelope's seed. at_ms: unix ms, from 2000 to 2099. certificate: PEM.
    """

    ledger: Digest | None
    seed_digest: Digest
    at_ms: Annotated[int, Meta(ge=946_684_800_000, lt=4_102_444_800_000)]
    certificate: Annotated[str, Meta(max_length=8_000)]
    command: msgspec.Raw


class Envelope(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """payload: the JSON of a Payload. signature: ECDSA over it by the certificate's key, DER, low-S.

    seed: 32 random bytes, which salt the leaves of what the transaction writes (`leaves`). They stand beside the
    payload, so that somebody can be shown what was signed, and by whom, without them; b"" where that was done.
    """

    payload: bytes
    signature: Annotated[bytes, Meta(max_length=72)]
    seed: Annotated[bytes, Meta(max_length=32)] = b""

    @property
    def tx_id(self) -> str:
        """SHA-256 of the payload, in hexadecimal."""
        return hashlib.sha256(self.payload).hexdigest()


class SignedPayload(Record, frozen=True):
    """A payload as its sender signed it, as JSON can hold it. signature: DER, in hexadecimal."""

    payload: Annotated[str, Meta(max_length=MAX_PAYLOAD_BYTES, pattern=SEEN)]
    signature: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){8,72}\Z")]

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        """Return what an envelope holds, without its seed."""
        return cls(envelope.payload.decode(), envelope.signature.hex())

    @property
    def as_envelope(self) -> Envelope:
        """The envelope again, without its seed."""
        return Envelope(self.payload.encode(), bytes.fromhex(self.signature))


class _Tagged(Struct):
    command: str


_encoder: Final = msgspec.msgpack.Encoder()
_envelope: Final = msgspec.msgpack.Decoder(Envelope)
_payload: Final = msgspec.json.Decoder(Payload)
_tagged: Final = msgspec.json.Decoder(_Tagged)


def encode_envelope(envelope: Envelope) -> bytes:
    """The bytes in which an envelope is stored, sent and hashed (MessagePack)."""
    return _encoder.encode(envelope)


def decode_envelope(data: bytes) -> Envelope:
    """The envelope in these bytes, which must be the very ones of `encode_envelope`. Refuses: MalformedCommand."""
    try:
        envelope = _envelope.decode(data)
    except msgspec.MsgspecError as fault:
        raise MalformedCommand(part=Part.ENVELOPE, **place_of(fault)) from None
    if encode_envelope(envelope) != data:
        raise MalformedCommand(case="not_canonical", part=Part.ENVELOPE)
    return envelope


def open_payload(envelope: Envelope) -> Payload:
    """What was signed, in canonical bytes. The command is not decoded yet. Refuses: TooLarge, MalformedCommand."""
    if len(envelope.payload) > MAX_PAYLOAD_BYTES:
        raise TooLarge(case="payload", limit=MAX_PAYLOAD_BYTES)
    refuse_nested(envelope.payload)
    try:
        payload = _payload.decode(envelope.payload)
        if canonical(payload) != envelope.payload:
            raise MalformedCommand(case="not_canonical", part=Part.PAYLOAD)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise MalformedCommand(part=Part.PAYLOAD, **place_of(fault)) from None
    return payload


def tag_of(command: bytes | msgspec.Raw) -> str:
    """Return the tag of a command's JSON, which says of which kind it is, without decoding what else is in it.

    Raises msgspec.MsgspecError: it has none.
    """
    return _tagged.decode(command).command
