"""All nodes judge alike: no stack's depth, and no leniency of a library, decides."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Final

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from lxr.chaincode.admission import admit
from lxr.chaincode.caller import Caller
from lxr.chaincode.command import Void
from lxr.chaincode.contract import Call, decode_command, execute
from lxr.chaincode.envelope import decode_envelope
from lxr.chaincode.founding import EMBEDDED, Genesis
from lxr.chaincode.nesting import MAX_NESTING, refuse_nested
from lxr.chaincode.parameter_refusals import ParameterInvalid
from lxr.chaincode.refusals import MalformedCommand
from lxr.chaincode.types import canonical
from lxr.network.authority import Authority
from lxr.network.keyfile import new_key
from lxr.node.sealing import Identity, seal
from lxr.token.refusal import Refusal
from oddcertificates import ADMITTED, odd_certificates
from oddenvelopes import good_commands, hostile, odd_commands

AT_MS: Final = 1_788_220_800_000
DATES: Final = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
UNION: Final = Authority.create("union", *DATES)
ROOTS: Final = {"union": UNION.certificate.public_bytes(Encoding.PEM).decode()}
GENESIS: Final = Genesis("7" * 64, "洛小茸", True, ROOTS, AT_MS, EMBEDDED, "6" * 64)
KEY: Final = new_key()
ODD: Final = [*odd_certificates(UNION, KEY.public_key())]
COMMAND: Final = Void(request_id="request-1", voided="request-2")


@contextmanager
def recursion_limit(levels: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(levels)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def from_depth(frames: int, ask: Callable[[], str | None]) -> str | None:
    return ask() if frames == 0 else from_depth(frames - 1, ask)


def answer(pem: str) -> str | None:
    try:
        admit(seal(COMMAND, GENESIS.ledger, pem, KEY, AT_MS), GENESIS)
    except Refusal as refusal:
        return str(refusal)
    return ADMITTED


@pytest.mark.parametrize(("pem", "said"), [odd[1:] for odd in ODD], ids=[odd[0] for odd in ODD])
def test_an_odd_certificate_gets_one_answer_at_every_depth_of_the_stack(pem: str, said: str | None) -> None:
    answers = [answer(pem)]
    for limit, frames in ((1_000, 700), (5_000, 0), (5_000, 4_000), (100_000, 0)):
        with recursion_limit(limit):
            answers.append(from_depth(frames, lambda: answer(pem)))
    assert answers[:1] * 5 == answers
    assert (said is ADMITTED) == (answers[0] is ADMITTED)
    assert (said or "") in (answers[0] or "")


ADMIN: Final = Identity(
    UNION.issue("admin@union", "admin", None, KEY.public_key(), *DATES).public_bytes(Encoding.PEM).decode(), KEY
)
HOSTILE: Final = [*hostile(ADMIN, AT_MS, ODD, GENESIS.ledger)]


class Nothing:
    """A state without records."""

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return [None] * len(keys)


def executed(data: bytes) -> str | None:
    try:
        execute(Nothing(), admit(decode_envelope(data), GENESIS))
    except Refusal as refusal:
        return f"{refusal.code} {refusal.facts}"
    return None


@pytest.mark.parametrize("data", [each[1] for each in HOSTILE], ids=[each[0] for each in HOSTILE])
def test_a_hostile_envelope_gets_one_answer_at_every_depth_of_the_stack(data: bytes) -> None:
    answers = [executed(data)]
    for limit, frames in ((1_000, 700), (5_000, 0), (5_000, 4_000), (100_000, 0)):
        with recursion_limit(limit):
            answers.append(from_depth(frames, lambda: executed(data)))
    assert answers[:1] * 5 == answers


@pytest.mark.parametrize("body", [each[1] for each in odd_commands()], ids=[each[0] for each in odd_commands()])
def test_no_other_form_of_a_command_is_taken(body: bytes) -> None:
    with pytest.raises((MalformedCommand, ParameterInvalid)) as caught:
        execute(Nothing(), Call("t1", AT_MS, Caller("union", "admin", None, "1"), body))
    assert str(caught.value).isascii()


@pytest.mark.parametrize("body", [each[1] for each in good_commands()], ids=[each[0] for each in good_commands()])
def test_what_only_looks_dangerous_is_taken(body: bytes) -> None:
    assert canonical(decode_command(body)) == body


words = st.text(alphabet='[]{}"\\a', max_size=6)
trees = st.recursive(
    st.none() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=20,
)


@given(trees)
def test_the_depth_that_is_counted_is_that_of_the_tree(tree: object) -> None:
    levels = depth(tree)
    for more in range(max(0, MAX_NESTING - levels - 1), MAX_NESTING + 2):
        data = b"[" * more + json.dumps(tree).encode() + b"]" * more
        with pytest.raises(MalformedCommand) if levels + more > MAX_NESTING else nullcontext():
            refuse_nested(data)


def depth(tree: object) -> int:
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@pytest.mark.parametrize("why", [each[0] for each in good_commands()])
def test_what_makes_an_envelope_hostile_is_what_it_is_named_for_and_nothing_else(why: str) -> None:
    """Or every one of them would be refused for the same fault, and the others never looked at."""
    call = admit(decode_envelope(dict(HOSTILE)[why]), GENESIS)
    assert dict(good_commands())[why] == call.body


@pytest.mark.parametrize("seed", [b"", bytes(32), b"\0"])
def test_a_seed_whose_digest_was_not_signed_is_refused(seed: bytes) -> None:
    """Or whoever carries an envelope could choose the salts, and show one leaf as another."""
    good = seal(COMMAND, GENESIS.ledger, ADMIN.certificate_pem, KEY, AT_MS)
    assert good.tx_id == admit(good, GENESIS).tx_id
    with pytest.raises(MalformedCommand, match="case=other_seed"):
        admit(msgspec.structs.replace(good, seed=seed), GENESIS)
