from typing import Any

import msgspec
import pytest

from engines import MemoryEngine
from lxr.chaincode.caller import Caller
from lxr.chaincode.command import HANDLERS, AnyCommand, Void, Voided
from lxr.chaincode.contract import Call, decode_command, execute
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.refusals import (
    CertificateRefused,
    DayStillOpen,
    MalformedCommand,
    NotAllowed,
    NotYours,
    RequestVoid,
    SameIdOtherBody,
)
from lxr.chaincode.revocation import Revoke
from lxr.chaincode.terms import EndTerms
from lxr.chaincode.types import canonical
from lxr.chaincode.workday import CloseDay, SubmitSheet
from lxr.network.consortium import EMPLOYER_STAFF, STAFF
from parties import ANNA, DORA, aug
from scenario.work import new_rows
from town import Town

LONG_LINES = "x\n" * 1000
SHEET = {"day": aug(3), "shard": 0, "rows": new_rows({ANNA: 10})}


@pytest.mark.parametrize(
    ("kind", "fields", "caller"),
    [
        (CloseDay, {"day": aug(3)}, "bank/teller"),
        (CloseDay, {"day": aug(3)}, "union/treasurer"),
        (AddEmployer, {"employer": "E003"}, "employer/admin"),
        (SubmitSheet, {"employer": "E001", **SHEET}, "union/operator"),
        (SubmitSheet, {"employer": "E001", **SHEET}, "employer/preparer/E001"),
        (SubmitSheet, {"employer": "E001", **SHEET}, "employer/treasurer/E001"),
    ],
)
def test_a_command_comes_only_from_a_role_that_may_give_it(
    town: Town, kind: type[AnyCommand], fields: dict[str, Any], caller: str
) -> None:
    town.go(aug(4))
    refusal = town.refused(NotAllowed, kind, caller, **fields)
    assert {"caller": caller, "command": kind.__struct_config__.tag} == refusal.facts


def test_every_role_that_may_give_a_command_is_one_that_certificates_are_made_for() -> None:
    staff = {f"{organisation}/{role}" for organisation, roles in STAFF.items() for role in roles}
    known = staff | {f"employer/{role}" for role in EMPLOYER_STAFF}
    assert set() == {caller for handler in HANDLERS.values() for caller in handler.callers} - known


@pytest.mark.parametrize(
    "body",
    [
        {"command": LONG_LINES},
        {"command": "request.void", "request_id": "12345678", "voided": "87654321", LONG_LINES: 1},
    ],
)
def test_of_what_is_no_command_a_refusal_quotes_little_and_in_one_line(body: dict[str, Any]) -> None:
    with pytest.raises(MalformedCommand) as caught:
        decode_command(msgspec.json.encode(body))
    assert 400 > len(str(caught.value))
    assert "\n" not in str(caught.value)


def test_an_employer_acts_for_itself_only(town: Town) -> None:
    town.go(aug(3))
    refusal = town.refused(NotYours, SubmitSheet, "employer/signer/E002", employer="E001", **SHEET)
    assert {"case": "caller", "employer": "E001", "caller": "employer/signer/E002"} == refusal.facts
    town.refused(NotYours, EndTerms, "employer/signer/E001", employer="E001", terms="TE002-2", ends=aug(9), reason="-")


def test_a_certificate_of_no_employer_acts_for_none(bench: Town) -> None:
    bench.go(aug(3))
    bench.refused(NotYours, SubmitSheet, "employer/signer", employer="E001", **SHEET)


def test_a_revoked_certificate_is_refused_whatever_it_asks_for(town: Town) -> None:
    town.go(aug(3))
    serial = town.engine.serial("employer/signer/E001")
    town.do(Revoke, "bank/admin", serial=serial, reason="another organisation's: it says nothing of this one")
    town.work(aug(3), {ANNA: 10})
    town.do(Revoke, "employer/admin", serial=serial, reason="key lost")
    town.refused(CertificateRefused, SubmitSheet, employer="E001", **SHEET)
    town.refused(CertificateRefused, CloseDay, "employer/signer/E001", day=aug(3))
    town.work(aug(3), {DORA: 10})


def test_another_command_under_a_used_request_id_is_refused_and_names_the_first_transaction(town: Town) -> None:
    town.go(aug(4))
    town.do(CloseDay, request_id="close-of-day", day=aug(3))
    refusal = town.refused(SameIdOtherBody, CloseDay, request_id="close-of-day", day=aug(2))
    assert "close-of-day" == refusal.facts["request_id"]


def test_a_refused_request_leaves_its_id_free(town: Town) -> None:
    town.go(aug(3))
    town.refused(DayStillOpen, CloseDay, request_id="close-of-day", day=aug(3))
    town.go(aug(4))
    town.do(CloseDay, request_id="close-of-day", day=aug(3))


def test_request_ids_belong_to_one_role_of_an_organisation_or_of_one_employer(town: Town) -> None:
    town.go(aug(3))
    for rows, employer in ((new_rows({ANNA: 1}), "E001"), (new_rows({DORA: 1}), "E002")):
        shard = town.place(rows[0].worker, aug(3))[2]
        town.do(SubmitSheet, request_id="sheet-one", employer=employer, day=aug(3), shard=shard, rows=rows)
    town.do(AddEmployer, request_id="sheet-one", employer="E003")
    town.do(Void, "union/treasurer", request_id="sheet-one", voided="87654321")


def test_under_a_void_id_nothing_can_be_accepted_any_more(town: Town) -> None:
    town.go(aug(4))
    assert Voided(None) == town.do(Void, "union/operator", voided="close-of-day")
    assert Voided(None) == town.do(Void, "union/treasurer", voided="close-of-day")
    town.refused(RequestVoid, CloseDay, request_id="close-of-day", day=aug(3))


def test_a_void_that_comes_too_late_names_the_transaction_that_was_first(town: Town) -> None:
    town.go(aug(4))
    town.do(CloseDay, request_id="close-of-day", day=aug(3))
    first = town.do(Void, "union/operator", voided="close-of-day").first_tx_id
    assert first is not None
    assert 64 == len(first)
    town.do(CloseDay, request_id="close-of-day", day=aug(3))  # and stays what it was


def test_a_void_concerns_ones_own_requests_only(town: Town) -> None:
    town.go(aug(4))
    town.do(Void, "employer/signer/E001", voided="close-of-day")
    town.do(CloseDay, request_id="close-of-day", day=aug(3))


def test_a_request_cannot_void_itself(town: Town) -> None:
    town.refused(MalformedCommand, Void, "union/operator", request_id="close-of-day", voided="close-of-day")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not_json"),
        (b"\xff", "not_json"),
        (b"[]", "not_json"),
        (b'{"command":"governance.propose","value":' + b"[" * 100_000, "case=nested, limit=16"),
        (b'{"command":"workday.sing","request_id":"12345678"}', "$.command"),
        (b'{"command":"workday.close_day","request_id":"12345678"}', "case=field_missing, field=day"),
        (b'{"command":"workday.close_day","request_id":"short","day":"2026-08-03"}', "request_id"),
        (b'{"command":"workday.close_day","request_id":"12345678\\n","day":"2026-08-03"}', "request_id"),
        (b'{"command":"workday.close_day","request_id":"12345678","day":"2026-02-30"}', "day"),
        (
            b'{"command":"workday.close_day","request_id":"12345678","day":"2026-08-03","hour":1}',
            "case=field_unknown, field=hour",
        ),
        (
            b'{"command":"registry.add_employer","request_id":"12345678","employer":"E001","shard_size":1.0}',
            "shard_size",
        ),
        (
            b'{"command":"registry.add_employer","request_id":"12345678","employer":"E001","shard_size":true}',
            "shard_size",
        ),
        (
            b'{"command":"registry.add_employer","request_id":"12345678","employer":"E001","shard_size":201}',
            "shard_size",
        ),
    ],
)
def test_bytes_that_are_no_command_are_refused_with_the_field_that_is_wrong(body: bytes, problem: str) -> None:
    with pytest.raises(MalformedCommand) as caught:
        decode_command(body)
    assert problem.lower() in str(caught.value).lower()


def test_an_accepted_call_writes_its_request_with_its_answer(bench: Town) -> None:
    body = canonical(CloseDay(request_id="close-of-day", day=aug(3)))
    caller = Caller("union", "operator", None, "1")
    bench.go(aug(4))
    state = MemoryEngine(dict(bench.engine.scan("")))
    accepted = execute(state, Call("tx-1", bench.at_ms, caller, body))
    assert ["close/2026-08-03", "request/union.operator/close-of-day"] == [key for key, _ in accepted.writes]
    assert "tx-1" == msgspec.json.decode(accepted.writes[1][1])["tx_id"]
