"""Envelopes, payloads and commands by the thousand: refused in one line, or executed; the ledger is whole either way.

Every type of command is spoiled field by field, signed by an officer who may give it, and submitted to a real ledger.
"""

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium import House, rehearsal
from corpora import Entry, corpus
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.command import HANDLERS
from lxr.chaincode.contract import decode_command
from lxr.chaincode.envelope import Envelope, Payload, decode_envelope, encode_envelope, open_payload
from lxr.chaincode.period import Figures
from lxr.chaincode.types import canonical
from lxr.node.embedded import EmbeddedLedger
from lxr.node.invariants import check
from lxr.node.port import Committed
from lxr.node.sealing import Identity, sign
from lxr.token.refusal import Refusal
from mutations import fuzz, mangled_bytes, mangled_json, one_line, other_values
from parties import CUSTODY
from treasury import PAYDAY, instructed, paid

CORPUS = corpus(Path(__file__).parent / "corpus_transactions.json")
RUN: Final = "E001-20260915"
KINDS: Final = sorted(str(kind.__struct_config__.tag) for kind in HANDLERS)
CALLER: Final = {str(kind.__struct_config__.tag): min(handler.callers) for kind, handler in HANDLERS.items()}


class Desk:
    """A ledger with a paid month; what is accepted is undone, so that each example finds it as it was."""

    def __init__(self, directory: Path, house: House, worker: str, order: str) -> None:
        self._house, self._path, self._kept = house, directory / "fuzzed.db", house.consortium.ledger_path
        self._identities: Final[dict[str, Identity]] = {}
        self.at_ms: Final = house.clock()
        self.ledger = self._restored()
        self.before: Final = [*self.ledger.scan("")]
        self.commands: Final = self._commands(worker, order)

    def _restored(self) -> EmbeddedLedger:
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink()
        shutil.copyfile(self._kept, self._path)
        return EmbeddedLedger.open(self._path, lambda: self.at_ms)

    def _commands(self, worker: str, order: str) -> dict[str, list[Any]]:
        """By type, as plain trees: those that made the ledger, under new request ids, and one of known fields."""
        found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        for block in self.ledger.blocks():
            for transaction in block.transactions:
                tree = msgspec.json.decode(bytes(open_payload(transaction.envelope).command))
                if len(found[tree["command"]]) < 2:
                    found[tree["command"]].append(
                        tree | {"request_id": f"fuzz-{len(found)}-{tree['request_id']}"[:100]}
                    )
        known = FIELDS | {"worker": worker, "order": order, "workers": [worker]}
        for kind in HANDLERS:
            tag = str(kind.__struct_config__.tag)
            made = {"command": tag} | {name: known[name] for name in kind.__struct_fields__} | OWN.get(tag, {})
            found[tag].append(made)
        return found

    def identity(self, caller: str) -> Identity:
        if caller not in self._identities:
            organisation, role = caller.split("/")
            employer = "E001" if organisation == "employer" and role != "admin" else None
            self._identities[caller] = self._house.identity(organisation, role, employer)
        return self._identities[caller]

    def sealed(self, caller: str, body: bytes) -> Envelope:
        """The envelope of these bytes, whatever they are."""
        who = self.identity(caller)
        payload = canonical(
            Payload(self._house.ledger_id, sha256(b"").hexdigest(), self.at_ms, who.certificate_pem, msgspec.Raw(b"0"))
        )
        payload = payload.replace(b'"command":0', b'"command":' + body, 1)
        return Envelope(payload, sign(who.private_key, payload))

    def submit(self, envelope: Envelope) -> list[str]:
        """The line of the refusal; nothing if it was accepted, and then the contract's invariants hold."""
        (answer,) = self.ledger.submit([envelope])
        if isinstance(answer, Committed):
            if not answer.replay:
                assert [] == check(self.ledger.scan)
                self.ledger.close()
                self.ledger = self._restored()
            return []
        assert self.before == [*self.ledger.scan("")]
        return [" ".join(str(answer).split())]  # it quotes the command; the command line shows it so


SIGNATURE: Final = "MEUCIQ" + "A" * 90
FIELDS: Final[dict[str, Any]] = {
    "request_id": "fuzz-request",
    "voided": "fuzz-voided",
    "channel": "embedded",
    "genesis_block": "7" * 64,
    "copied": "ab" * 32,
    "height": 1,
    "block_hash": "ab" * 32,
    "consortium": "another",
    "rehearsal": True,
    "roots": {"union": "x", "employer": "x", "bank": "x", "regulator": "x"},
    "contract": "00" * 32,
    "not_before_ms": 1_790_000_000_000,
    "proposed_by": "union",
    "has": True,
    "proposal": "PUNION-FUZZ",
    "name": "minimum_wage.510100-1",
    "value": 2400,
    "effective_from": "2026-09-01",
    "effective_to": None,
    "source": "for tests",
    "serial": "abc",
    "reason": "a reason",
    "upholds": True,
    "admits": {},
    "row": "0" * 64,
    "employer": "E001",
    "employer_no": "E001",
    "shard_size": 2,
    "status": "ended",
    "from_day": "2026-09-16",
    "payee_commitment": "ab" * 32,
    "number": 1,
    "signature": SIGNATURE,
    "ended": "E001",
    "public_key": "02" + "ab" * 32,
    "terms": "TE001-RIDERS",
    "version": 1,
    "document": {},
    "digest": "ab" * 32,
    "accessions": [],
    "ends": "2026-10-31",
    "day": "2026-08-03",
    "shard": 0,
    "shards": [0],
    "last_day": "2026-09-16",
    "rows": [],
    "sheets": [["2026-08-03", "ab" * 32]],
    "presume": True,
    "run": RUN,
    "payday": "2026-09-15",
    "kind": "tax",
    "amount_fen": 5_000,
    "document_digest": "ab" * 32,
    "cashout": f"C{RUN}",
    "custody": CUSTODY,
    "scope": "run",
    "retry_of": None,
    "files": [{"message_id": "LXR-1", "digest": "ab" * 32, "shards": 1, "count": 1, "total_fen": 100}],
    "prepared_ms": 1_789_531_200_000,
    "debtor": ["成都灵活就业工会", "102100099996"],
    "basis": "个人所得税法 art. 9",
    "recovery": "RE001-1",
    "start": "2026-08-01",
    "most_fen": 100,
    "share_bp": 2000,
    "execution_date": "2026-09-16",
    "total_fen": 100,
    "count": 1,
    "finding": {"height": 5, "block_hash": "ab" * 32, "root": "ab" * 32, "supply_fen": 0, "reserve_fen": 0},
    "booking": "B-1",
    "statement": 1,
    "opening_fen": 0,
    "closing_fen": 5_000,
    "entries": 1,
    "first": 0,
    "lines": [
        {
            "day": "2026-09-15",
            "booking": "B-2",
            "credit": True,
            "amount_fen": 5_000,
            "order": None,
            "returned": None,
            "own_text": False,
            "payer": "E001",
        }
    ],
    "target": {"what": "employer", "number": "E001"},
    "rejections": [["LX0000000000", "AC01"]],
    "period": "2026-08",
    "figures": dict.fromkeys(Figures.__struct_fields__, 0),
    "carried": [["line", "2026-09-15/B-2", 5_000]],
    "answers": [],
    "predecessor": None,
    "closing_signed": [],
    "registers": [
        {
            "shard": 0,
            "value": '{"rehearsal":true,"closed_from":"2026-09-16","workers":{}}',
            "salt": "ab" * 32,
            "place": 1,
            "act": "{}",
            "act_salt": "ab" * 32,
            "leaves": 2,
            "hidden": [],
            "transactions": 1,
            "in_block": [],
            "in_log": [],
        }
    ],
    "claimed": {"orders": 25, "minutes": 480},
    "measures": {"orders": 25, "minutes": 480},
}
OWN: Final[dict[str, dict[str, Any]]] = {
    "workday.close_day": {"day": "2026-08-03"},
    "contract.propose": {"version": "ab" * 32},
    "contract.state": {"version": "ab" * 32},
    "contract.switch": {"version": "ab" * 32},
    "workday.certify": {"shards": [{"shard": 0, "sheets": [["2026-08-03", "ab" * 32]]}]},
    "workday.submit": {"day": "2026-08-05"},
    "custody.book_statement": {"day": "2026-09-15"},
    "recovery.propose": {"document": "ab" * 32, "amount_fen": 100, "basis": "agreed"},
    "payroll.order_deduction": {"order": "DE001-1", "document": "ab" * 32},
    "payroll.approve_deduction": {"order": "DE001-1"},
    "payroll.cancel_deduction": {"order": "DE001-1"},
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with rehearsal(tmp_path_factory.mktemp("fuzz")) as house:
        team = house.employ(2, shards=1)
        paid(house, team, 1)
        instructed(house, f"C{RUN}")
        house.clock.go(PAYDAY, 13)
        order = next(house.operator.scan(payment_orders))[0][0]
        house.ledger.close()  # so that all of it is in the one file
        desk = Desk(tmp_path_factory.mktemp("fuzzed"), house, min(team.keys), order)
        yield desk
        desk.ledger.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoiled_command_is_refused_in_one_line_or_leaves_the_ledger_sound(desk: Desk, kind: str) -> None:
    @fuzz(40)
    @given(st.sampled_from(desk.commands[kind]).flatmap(mangled_json))
    def submitted(body: bytes) -> None:
        desk.submit(desk.sealed(CALLER[kind], body))

    submitted()


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_with_other_values_is_refused_in_one_line_or_leaves_the_ledger_sound(desk: Desk, kind: str) -> None:
    @fuzz(25)
    @given(st.sampled_from(desk.commands[kind]).flatmap(other_values))
    def submitted(body: bytes) -> None:
        desk.submit(desk.sealed(CALLER[kind], body))

    submitted()


def test_a_spoiled_payload_is_refused_in_one_line(desk: Desk) -> None:
    who = desk.identity("union/operator")
    good = msgspec.json.decode(desk.sealed("union/operator", b'{"command":"workday.close_day"}').payload)

    @fuzz(400)
    @given(mangled_json(good))
    def submitted(payload: bytes) -> None:
        assert 1 == len(desk.submit(Envelope(payload, sign(who.private_key, payload))))

    submitted()


def test_a_spoiled_signature_is_refused_in_one_line(desk: Desk) -> None:
    body = canonical(desk.commands["workday.close_day"][-1])
    good = desk.sealed("union/operator", body)

    @fuzz(300)
    @given(mangled_bytes(good.signature))
    def submitted(signature: bytes) -> None:
        if signature != good.signature:
            assert 1 == len(desk.submit(Envelope(good.payload, signature)))

    submitted()


def test_spoiled_bytes_are_an_envelope_in_its_one_encoding_or_refused(desk: Desk) -> None:
    good = encode_envelope(desk.sealed("union/operator", b"{}"))

    @fuzz(600)
    @given(mangled_bytes(good))
    def decoded(data: bytes) -> None:
        with one_line(Refusal):
            assert data == encode_envelope(decode_envelope(data))

    decoded()


@pytest.mark.parametrize("given_", CORPUS, ids=lambda each: each.why)
def test_what_is_known_to_be_dangerous_is_refused_in_one_line(desk: Desk, given_: Entry) -> None:
    with one_line(Refusal) as said:
        decode_command(given_.data)
    assert [True] == [given_.said in line for line in said]
    assert desk.submit(desk.sealed("union/operator", given_.data))
