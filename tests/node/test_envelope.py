from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lxr.chaincode.envelope import MAX_PAYLOAD_BYTES, Envelope, decode_envelope, encode_envelope, open_payload
from lxr.chaincode.governance import Propose
from lxr.chaincode.refusals import MalformedCommand, TooLarge
from lxr.chaincode.types import canonical

SEED = '"seed_digest":"' + "0" * 64 + '"'
AT = '"at_ms":1788220800000'


def test_an_envelope_comes_back_as_it_was_sealed(
    sealed: Callable[..., Envelope], propose: Callable[..., Propose]
) -> None:
    envelope = sealed(propose(1))
    assert envelope == decode_envelope(encode_envelope(envelope))
    assert canonical(propose(1)) == bytes(open_payload(envelope).command)


def test_the_same_command_sealed_twice_is_two_transactions(
    sealed: Callable[..., Envelope], propose: Callable[..., Propose]
) -> None:
    assert sealed(propose(1)).tx_id != sealed(propose(1)).tx_id


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "[]",
        "{}",
        "\ud800",
        "[" * 100_000,
        f'{{{SEED},{AT},"certificate":"x"}}',
        f'{{{SEED},{AT},"certificate":"x","command":{{}},"more":1}}',
        f'{{{SEED},{AT},"certificate":"{"x" * 8001}","command":{{}}}}',
        f'{{{SEED},"at_ms":1788220800000.0,"certificate":"x","command":{{}}}}',
        f'{{{SEED},"at_ms":0,"certificate":"x","command":{{}}}}',
        f'{{{SEED},"at_ms":4102444800000,"certificate":"x","command":{{}}}}',
        f'{{"seed_digest":"{"0" * 63}",{AT},"certificate":"x","command":{{}}}}',
        f'{{{SEED},{AT},"certificate":"x","command":{"[" * 100_000}}}',
        f'{{{SEED},{AT},"certificate":"x","command":{{}}}} x',
    ],
)
def test_a_payload_that_is_none_is_refused(payload: str) -> None:
    with pytest.raises(MalformedCommand):
        open_payload(Envelope(payload.encode(errors="surrogatepass"), b""))


def test_a_payload_beyond_a_megabyte_is_refused_unread() -> None:
    with pytest.raises(TooLarge):
        open_payload(Envelope(b" " * (MAX_PAYLOAD_BYTES + 1), b""))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_in_its_one_encoding_or_refused(data: bytes) -> None:
    try:
        envelope = decode_envelope(data)
    except MalformedCommand:
        return
    assert data == encode_envelope(envelope)


def test_another_encoding_of_the_same_envelope_is_refused() -> None:
    assert Envelope(b"p", b"s", b"r") == decode_envelope(b"\x93\xc4\x01p\xc4\x01s\xc4\x01r")
    with pytest.raises(MalformedCommand, match="case=not_canonical"):
        decode_envelope(b"\x93\xc5\x00\x01p\xc4\x01s\xc4\x01r")
