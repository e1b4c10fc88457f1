"""All nodes judge alike: no stack's depth, and no leniency of a library, decides."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lxr_chaincode.command import Void
from lxr_network.authority import Authority
from lxr_network.keyfile import new_key
from lxr_node.admission import admit
from lxr_node.envelope import seal
from lxr_token.refusal import Refusal
from oddcertificates import ADMITTED, odd_certificates

AT_MS: Final = 1_788_220_800_000
UNION: Final = Authority.create("union", datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
ROOTS: Final = {"union": UNION.certificate.public_bytes(Encoding.PEM).decode()}
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
        admit(seal(COMMAND, pem, KEY, AT_MS), ROOTS)
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
