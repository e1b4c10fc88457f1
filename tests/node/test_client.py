import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from typing import get_args

import msgspec
import pytest

from lxr.chaincode.command import HANDLERS, Void, Voided
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.governance import Propose, Signed
from lxr.chaincode.parameters import parameters, proposals
from lxr.chaincode.refusals import Exists, RequestVoid, SameIdOtherBody, Unknown
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import Committed, Ledger, LedgerFault
from lxr.node.said import notes_of
from lxr.token.refusal import Refusal


def told(refusal: BaseException) -> str:
    """What is told of it, with what the client found out."""
    return "; ".join([str(refusal), *map(str, notes_of(refusal))])


def test_an_accepted_command_gives_its_answer_and_again_the_same(
    admin: Client, propose: Callable[..., Propose]
) -> None:
    expected = Signed("PUNION-1", ("union",), "open")
    assert [expected, expected] == [admin.submit(propose(1)), admin.submit(propose(1))]
    assert 2 == admin.ledger.height()


def test_of_many_commands_each_has_its_own_answer(admin: Client, propose: Callable[..., Propose]) -> None:
    first, second, third = admin.submit_many([propose(1), propose(2, proposal="PUNION-1"), propose(3)])
    assert isinstance(second, Exists)
    assert isinstance(first, Signed)
    assert isinstance(third, Signed)
    assert ["PUNION-1", "PUNION-3"] == [first.proposal, third.proposal]


class Retelling(DryRun):
    """A ledger that tells another answer than it has."""

    def __init__(self, ledger: Ledger, result: bytes) -> None:
        super().__init__(ledger)
        self._result = result

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        return [Committed(envelope.tx_id, 1, self._result, replay=False) for envelope in envelopes]


@pytest.mark.parametrize(
    "result",
    [
        b"",
        b"null",
        b"\xff",
        b'{"count":1}',
        b'{"proposal":"PUNION-1","signed":["union"],"state":"open","more":1}',
        b'{"proposal":"PUNION-1","signed":"union","state":"open"}',
        b"[" * 100_000,
    ],
    ids=["nothing", "null", "no text", "another command's", "more", "another type", "nested without end"],
)
def test_what_is_no_answer_to_the_command_is_a_fault_of_the_ledger_in_one_line(
    admin: Client, propose: Callable[..., Propose], result: bytes
) -> None:
    with pytest.raises(LedgerFault, match=r"what is given as the answer to governance\.propose is none$"):
        admin.on(Retelling(admin.ledger, result)).submit(propose(1))


def test_every_command_names_what_its_function_answers() -> None:
    said = {kind: get_args(kind.__orig_bases__[0]) for kind in HANDLERS}  # type: ignore[attr-defined]
    assert said == {kind: (handler.answer,) for kind, handler in HANDLERS.items()}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"effective_from": date(2026, 10, 1)}, "effective_from"),
        ({"value": msgspec.Raw(b"[1,2,3]"), "source": "x"}, "source"),
        ({"value": msgspec.Raw(b"2301")}, "value"),
        ({"effective_to": date(2027, 1, 1)}, "effective_to"),
    ],
)
def test_another_body_under_the_same_id_is_refused_and_the_first_field_that_differs_is_named(
    admin: Client, propose: Callable[..., Propose], change: dict[str, object], field: str
) -> None:
    admin.submit(propose(1))
    with pytest.raises(SameIdOtherBody) as refused:
        admin.submit(propose(1, **change))
    assert told(refused.value).endswith(f"; field {field} differs")


def test_a_difference_deep_in_a_command_is_named_by_its_path(admin: Client, propose: Callable[..., Propose]) -> None:
    days = '["2026-10-01","2026-10-02"]'
    admin.submit(propose(1, name="calendar.2026", value=msgspec.Raw(days.encode())))
    with pytest.raises(SameIdOtherBody) as refused:
        admin.submit(propose(1, name="calendar.2026", value=msgspec.Raw(days.replace("-02", "-03").encode())))
    assert told(refused.value).endswith("; field value[1] differs")
    with pytest.raises(SameIdOtherBody) as refused:
        admin.submit(Void(request_id="request-1", voided="request-2"))
    assert told(refused.value).endswith("; field command differs")


def test_a_voided_request_is_never_accepted(admin: Client, propose: Callable[..., Propose]) -> None:
    assert Voided(None) == admin.submit(Void(request_id="void-of-1", voided="request-1"))
    with pytest.raises(RequestVoid) as refused:
        admin.submit(propose(1))
    assert "RequestVoid(request_id=request-1)" == told(refused.value)


def test_records_are_read_by_type_one_or_all_below_a_part(admin: Client, propose: Callable[..., Propose]) -> None:
    admin.submit_many([propose(2), propose(1), propose(10)])
    assert "open" == admin.need(proposals, "PUNION-1").state
    assert admin.get(proposals, "PUNION-3") is None
    with pytest.raises(Unknown, match="number=PUNION-3, what=proposal"):
        admin.need(proposals, "PUNION-3")
    assert [("PUNION-1",), ("PUNION-10",), ("PUNION-2",)] == [parts for parts, _ in admin.scan(proposals)]
    assert [] == list(admin.scan(proposals, "PUNION-1"))
    assert [("pay.rules",)] == [parts for parts, _ in admin.scan(parameters)]


@pytest.mark.parametrize("value", [b"x", b'{"name":"\xff"}', b"{}", b"[]", b"null"])
def test_a_damaged_record_is_a_fault_of_the_ledger_in_one_line(
    ledger: EmbeddedLedger, admin: Client, propose: Callable[..., Propose], value: bytes
) -> None:
    admin.submit(propose(1))
    with closing(sqlite3.connect(ledger.path)) as medium, medium:
        medium.execute("UPDATE state SET value = ? WHERE key = 'proposal/PUNION-1'", (value,))
    for read in (lambda: admin.get(proposals, "PUNION-1"), lambda: list(admin.scan(proposals))):
        with pytest.raises(LedgerFault, match=r"^the record proposal/PUNION-1 is damaged$"):
            read()
