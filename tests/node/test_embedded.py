import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from consortium import approval
from lxr.chaincode.caller import caller_of
from lxr.chaincode.clock import PAST_MS_MAX
from lxr.chaincode.envelope import Envelope, open_payload
from lxr.chaincode.founding import Found
from lxr.chaincode.governance import Propose
from lxr.chaincode.ledger_refusals import ClockOff, ContractMissing, OtherLedger, TooOld
from lxr.chaincode.refusals import CertificateRefused, Exists, MalformedCommand, NotAllowed, TermsInvalid
from lxr.chaincode.revocation import Revoke
from lxr.chaincode.types import digest
from lxr.network.authority import Authority
from lxr.network.keyfile import new_key
from lxr.node.draft import MAX_BLOCK_TRANSACTIONS
from lxr.node.embedded import EmbeddedLedger
from lxr.node.node_clock import AHEAD_MS_MAX
from lxr.node.port import Committed, LedgerFault
from lxr.node.sealing import Identity, seal, sign
from lxr.node.version import contract_version
from lxr.token.refusal import Refusal

AT_MS = 1_788_220_800_000
ZEROS, HERE = "0" * 64, contract_version()
OTHERS = ("bank", "regulator")
Sealed = Callable[..., Envelope]
Proposes = Callable[..., Propose]
Founds = Callable[..., Found]


def one(ledger: EmbeddedLedger, envelope: Envelope) -> Committed | Refusal:
    (answer,) = ledger.submit([envelope])
    return answer


def test_the_first_block_holds_exactly_the_founding(ledger: EmbeddedLedger) -> None:
    (block,) = ledger.blocks()
    (founding,) = block.transactions
    assert b'"command":"governance.found"' in founding.envelope.payload
    assert ("0" * 64, 0) == (block.header.previous, block.header.number)
    written = ["clock", "contract", "genesis", "parameter/pay.rules", "request/union.admin/founding"]
    assert written == [key for key, _ in founding.writes]
    assert list(founding.writes) == list(ledger.scan(""))
    assert ("洛小茸", True) == (ledger.genesis.consortium, ledger.genesis.rehearsal)


def test_in_one_call_each_is_accepted_or_refused_on_its_own_in_order_and_in_one_block(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    refused = sealed(propose(2, proposal="PUNION-1"))
    answers = ledger.submit([sealed(propose(1)), refused, sealed(approval(propose(1), "approve-1"), "bank")])
    assert [Committed, Exists, Refusal] == [type(answers[0]), type(answers[1]), type(answers[2]).__base__]
    answers = ledger.submit([sealed(approval(propose(1), "approve-1"), "regulator"), sealed(propose(3))])
    assert [(2, False), (2, False)] == [(each.block, each.replay) for each in answers if isinstance(each, Committed)]
    assert 3 == ledger.height()
    assert ledger.transaction(refused.tx_id) is None


def test_a_later_transaction_of_a_block_sees_what_an_earlier_one_wrote(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    answers = ledger.submit([sealed(propose(1)), sealed(approval(propose(1), "approve-1"), "regulator")])
    assert [1, 1] == [each.block for each in answers if isinstance(each, Committed)]
    assert b'"state":"approved"' in (ledger.read(["proposal/PUNION-1"])[0] or b"")


def test_many_transactions_go_into_as_few_blocks_as_fit(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    ledger.submit([sealed(propose(number)) for number in range(MAX_BLOCK_TRANSACTIONS + 1)])
    assert [1, MAX_BLOCK_TRANSACTIONS, 1] == [len(block.transactions) for block in ledger.blocks()]


def test_values_are_read_in_the_order_of_their_keys_however_many_and_however_often(ledger: EmbeddedLedger) -> None:
    there = dict(ledger.scan(""))
    keys = [*there, "nobody", *(f"worker/{number}" for number in range(2_500)), "", "a\0b", *there]
    assert [there.get(key) for key in keys] == ledger.read(keys)
    assert [] == ledger.read([])


def test_a_call_of_nothing_or_of_refusals_makes_no_block(
    ledger: EmbeddedLedger, sealed: Sealed, founded: Founds
) -> None:
    assert [] == ledger.submit([])
    assert isinstance(one(ledger, sealed(msgspec.structs.replace(founded(), request_id="again-1-"))), OtherLedger)
    assert 1 == ledger.height()


def test_the_same_request_or_the_same_envelope_again_is_a_replay_and_makes_no_transaction(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    envelope = sealed(propose(1))
    first = one(ledger, envelope)
    assert isinstance(first, Committed)
    replay = msgspec.structs.replace(first, replay=True)
    assert [replay, replay] == ledger.submit([envelope, sealed(propose(1))])
    assert 2 == ledger.height()


def test_a_repetition_within_one_call_is_a_replay_too(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    envelope = sealed(propose(1))
    first, *replays = ledger.submit([envelope, envelope, sealed(propose(1))])
    assert isinstance(first, Committed)
    assert [msgspec.structs.replace(first, replay=True)] * 2 == replays
    assert 1 == len(next(ledger.blocks(1)).transactions)


def test_the_same_envelope_is_answered_from_the_ledger_even_when_its_time_is_long_past(
    tmp_path: Path, sealed: Sealed, propose: Proposes, founded: Founds
) -> None:
    now = [AT_MS]
    founding = founded(rehearsal=False)
    ledger = EmbeddedLedger.create(tmp_path / "l.db", sealed(founding), lambda: now[0])
    envelope = sealed(propose(1), ledger=digest(founding))
    first = one(ledger, envelope)
    now[0] += PAST_MS_MAX + 1
    assert isinstance(first, Committed)
    assert msgspec.structs.replace(first, replay=True) == one(ledger, envelope)
    assert isinstance(one(ledger, sealed(propose(1), ledger=digest(founding))), ClockOff)
    ledger.close()


@pytest.mark.parametrize(
    ("off_ms", "accepted"),
    [(-PAST_MS_MAX - 1, False), (-PAST_MS_MAX, True), (AHEAD_MS_MAX, True), (AHEAD_MS_MAX + 1, False)],
)
def test_a_time_a_minute_ahead_of_the_nodes_clock_or_ten_behind_it_is_refused_unless_this_is_a_rehearsal(
    tmp_path: Path, sealed: Sealed, propose: Proposes, founded: Founds, off_ms: int, accepted: bool
) -> None:
    for rehearsal in (False, True):
        founding = founded(rehearsal=rehearsal)
        ledger = EmbeddedLedger.create(tmp_path / f"{rehearsal}.db", sealed(founding), lambda: AT_MS)
        answer = one(ledger, sealed(propose(1), at_ms=AT_MS + off_ms, ledger=digest(founding)))
        expected = Committed if accepted or (rehearsal and off_ms > 0) else TooOld if rehearsal else ClockOff
        assert expected is type(answer)
        ledger.close()


def test_what_is_no_payload_or_no_command_is_refused(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, identity: Callable[[str, str], Identity]
) -> None:
    good = sealed(propose(1))
    payload = open_payload(good)
    unknown = msgspec.json.encode(msgspec.structs.replace(payload, command=msgspec.Raw(b'{"command":"no.such"}')))
    signature = sign(identity("union", "admin").private_key, unknown)
    answers = ledger.submit([Envelope(b"?", b"?"), Envelope(unknown, signature, good.seed)])
    assert [MalformedCommand, MalformedCommand] == [type(answer) for answer in answers]


def test_a_signature_of_another_key_or_over_other_bytes_is_refused(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, identity: Callable[[str, str], Identity]
) -> None:
    good, other = sealed(propose(1)), sealed(propose(1))
    forged = sign(identity("union", "operator").private_key, good.payload)
    for envelope in (
        replace(good, signature=other.signature),
        replace(good, signature=forged),
        replace(good, signature=b""),
    ):
        answer = one(ledger, envelope)
        assert isinstance(answer, CertificateRefused)
        assert {"case": "signature"} == answer.facts


def test_a_certificate_is_valid_at_the_transactions_own_time_only(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    for year in (2025, 2028):
        at_ms = int(datetime(year, 6, 1, tzinfo=UTC).timestamp()) * 1000
        assert isinstance(one(ledger, sealed(propose(1), at_ms=at_ms)), CertificateRefused)


def test_a_certificate_of_an_authority_outside_the_consortium_is_refused(
    ledger: EmbeddedLedger, propose: Proposes, founded: Founds
) -> None:
    dates = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    key = new_key()
    certificate = Authority.create("union", *dates).issue("admin@union", "admin", None, key.public_key(), *dates)
    pem = certificate.public_bytes(Encoding.PEM).decode()
    answer = one(ledger, seal(propose(1), digest(founded()), pem, key, AT_MS))
    assert isinstance(answer, CertificateRefused)
    assert "foreign" in str(answer)


def test_a_revoked_certificate_is_refused_from_the_next_transaction_on(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, identity: Callable[[str, str], Identity]
) -> None:
    serial = caller_of(identity("bank", "admin").certificate_pem).serial
    revocation = Revoke(request_id="revoke-1", serial=serial, reason="lost")
    assert isinstance(one(ledger, sealed(revocation, "bank")), Committed)
    answer = one(ledger, sealed(propose(1, name="payee.fee", value=msgspec.Raw(b'"' + b"0" * 64 + b'"')), "bank"))
    assert isinstance(answer, CertificateRefused)
    assert {"case": "revoked"} == answer.facts


def test_of_several_faults_the_first_in_order_is_the_answer(
    tmp_path: Path, sealed: Sealed, propose: Proposes, founded: Founds
) -> None:
    founding = founded(rehearsal=False)
    ledger, here = EmbeddedLedger.create(tmp_path / "l.db", sealed(founding), lambda: AT_MS), digest(founding)
    late = AT_MS + 400_000
    assert isinstance(one(ledger, replace(sealed(propose(1), at_ms=late), signature=b"")), OtherLedger)
    unsigned = replace(sealed(propose(1), at_ms=late, ledger=here), signature=b"")
    assert isinstance(one(ledger, unsigned), CertificateRefused)
    assert isinstance(one(ledger, sealed(propose(1), "bank", "teller", late, here)), ClockOff)
    assert isinstance(one(ledger, sealed(propose(1), "bank", "teller", ledger=here)), NotAllowed)
    ledger.close()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"contract": "0" * 64}, ContractMissing),
        ({"roots": {}}, CertificateRefused),
        ({"rehearsal": False}, ClockOff),
    ],
)
def test_a_founding_that_is_refused_leaves_no_file(
    tmp_path: Path, sealed: Sealed, founded: Founds, change: dict[str, object], refusal: type[Refusal]
) -> None:
    command = msgspec.structs.replace(founded(), **change)
    with pytest.raises(refusal):
        EmbeddedLedger.create(tmp_path / "l.db", sealed(command), lambda: AT_MS - 400_000)
    assert [] == list(tmp_path.iterdir())


def test_a_founding_without_all_four_roots_or_another_command_is_refused(
    tmp_path: Path, sealed: Sealed, founded: Founds, propose: Proposes
) -> None:
    roots = {org: root for org, root in founded().roots.items() if org != "bank"}
    with pytest.raises(TermsInvalid):
        EmbeddedLedger.create(tmp_path / "l.db", sealed(msgspec.structs.replace(founded(), roots=roots)))
    with pytest.raises(MalformedCommand, match="case=no_founding"):
        EmbeddedLedger.create(tmp_path / "l.db", sealed(propose(1)))
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("there", ["l.db", "l.db-wal"])
def test_an_existing_file_is_never_replaced(tmp_path: Path, sealed: Sealed, founded: Founds, there: str) -> None:
    (tmp_path / there).write_bytes(b"mine")
    with pytest.raises(LedgerFault, match="exists already"):
        EmbeddedLedger.create(tmp_path / "l.db", sealed(founded()))
    assert b"mine" == (tmp_path / there).read_bytes()
    assert [there] == [path.name for path in tmp_path.iterdir()]


def test_a_directory_that_is_missing_is_named(tmp_path: Path, sealed: Sealed, founded: Founds) -> None:
    with pytest.raises(LedgerFault, match=r"no/l\.db: cannot be created: No such file or directory"):
        EmbeddedLedger.create(tmp_path / "no" / "l.db", sealed(founded()))


def test_a_file_that_is_missing_or_no_ledger_is_named_in_one_line(tmp_path: Path) -> None:
    text, other, empty = tmp_path / "text.db", tmp_path / "other.db", tmp_path / "empty.db"
    text.write_text("a month of work " * 1000)
    empty.touch()
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    for path, problem in (
        (tmp_path / "none.db", "no such file"),
        (tmp_path, "no such file"),
        (text, "not a ledger"),
        (other, "not a ledger"),
        (empty, "not a ledger"),
    ):
        with pytest.raises(LedgerFault, match=problem) as fault:
            EmbeddedLedger.open(path)
        assert str(fault.value).startswith(f"{path}: ")
        assert "\n" not in str(fault.value)


def test_a_ledger_is_the_same_after_it_was_closed(ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes) -> None:
    one(ledger, sealed(propose(1)))
    blocks, state = list(ledger.blocks()), list(ledger.scan(""))
    ledger.close()
    again = EmbeddedLedger.open(ledger.path)
    assert (blocks, state) == (list(again.blocks()), list(again.scan("")))
    again.close()


def test_a_bug_in_the_contract_escapes_and_nothing_is_written(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("lxr.chaincode.interface.execute", broken)
        with pytest.raises(ZeroDivisionError):
            ledger.submit([sealed(propose(1))])
    assert 1 == ledger.height()
    assert isinstance(one(ledger, sealed(propose(1))), Committed)


def test_a_snapshot_shows_one_moment_while_another_connection_submits(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    other = EmbeddedLedger.open(ledger.path, lambda: AT_MS)
    with ledger.snapshot():
        assert 1 == ledger.height()
        one(other, sealed(propose(1)))
        assert (1, [None]) == (ledger.height(), ledger.read(["proposal/PUNION-1"]))
        with pytest.raises(LedgerFault):
            ledger.submit([sealed(propose(2))])
    assert 2 == ledger.height()
    other.close()


def test_an_answer_waits_for_the_disk(ledger: EmbeddedLedger) -> None:
    assert [[("wal",)], [(2,)]] == [ledger._rows("PRAGMA journal_mode"), ledger._rows("PRAGMA synchronous")]
