"""An envelope is good on one ledger, for ten minutes; and a ledger's id is that of its founding, or of its copy."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.caller import caller_of
from lxr.chaincode.clock import BEAT_MS, PAST_MS_MAX, MoveClock, clocks
from lxr.chaincode.envelope import Envelope, open_payload
from lxr.chaincode.founding import Found, FoundCopy
from lxr.chaincode.governance import Propose
from lxr.chaincode.ledger_refusals import ClockOff, OtherLedger, TooOld
from lxr.chaincode.refusals import AlreadySigned, HashDiffers, NotAllowed
from lxr.chaincode.restoration import Restore, restorations
from lxr.chaincode.revocation import Revoke
from lxr.chaincode.types import digest
from lxr.node.audit import audit
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.embedded import EmbeddedLedger
from lxr.node.node_clock import AHEAD_MS_MAX
from lxr.node.port import Committed
from lxr.node.restore import declare_restored, found_copy
from lxr.node.sealing import Identity, seal
from lxr.token.refusal import Refusal
from treasury import PAYDAY, instructed, paid

AT_MS = 1_788_220_800_000
Sealed = Callable[..., Envelope]
Founds = Callable[..., Found]
Proposes = Callable[..., Propose]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A month up to the bank's instruction."""
    with rehearsal(tmp_path_factory.mktemp("played")) as made:
        team = made.employ(2, shards=1)
        paid(made, team, 1)
        instructed(made, "CE001-20260915")
        made.clock.go(PAYDAY, 13)
        yield made


def envelopes(ledger: EmbeddedLedger) -> list[Envelope]:
    return [transaction.envelope for block in ledger.blocks() for transaction in block.transactions]


def one(ledger: EmbeddedLedger | DryRun, envelope: Envelope) -> Committed | Refusal:
    (answer,) = ledger.submit([envelope])
    return answer


def test_no_envelope_of_one_ledger_is_good_on_another_one_that_the_same_officers_keep(
    house: House, tmp_path: Path
) -> None:
    played = envelopes(house.ledger)  # type: ignore[arg-type]
    founding = msgspec.json.decode(bytes(open_payload(played[0]).command), type=Found)
    other = replace(founding, genesis_block=secrets.token_hex(32))
    admin = house.identity("union", "admin")
    sealed = seal(other, None, admin.certificate_pem, admin.private_key, open_payload(played[0]).at_ms)
    ledger = EmbeddedLedger.create(tmp_path / "other.db", sealed)
    assert digest(other) == ledger.genesis.ledger
    assert {OtherLedger} == {type(answer) for answer in ledger.submit(played)}
    assert {OtherLedger} == {type(one(DryRun(ledger), envelope)) for envelope in played}
    assert 1 == ledger.height()
    ledger.close()


def test_every_envelope_but_the_founding_names_its_ledger(house: House) -> None:
    founding, *others = envelopes(house.ledger)  # type: ignore[arg-type]
    assert {house.ledger_id} == {open_payload(envelope).ledger for envelope in others}
    assert None is open_payload(founding).ledger


def test_the_founding_again_is_a_replay_and_the_founding_of_another_ledger_is_refused(
    ledger: EmbeddedLedger, sealed: Sealed, founded: Founds
) -> None:
    answer = one(ledger, sealed(founded()))
    assert isinstance(answer, Committed)
    assert answer.replay
    assert isinstance(one(ledger, sealed(replace(founded(), genesis_block="8" * 64))), OtherLedger)
    assert 1 == ledger.height()


@pytest.mark.parametrize(("kept_ms", "refusal"), [(PAST_MS_MAX, None), (PAST_MS_MAX + 1, ClockOff)])
def test_a_refused_envelope_is_worth_nothing_after_ten_minutes(
    tmp_path: Path, sealed: Sealed, founded: Founds, propose: Proposes, kept_ms: int, refusal: type[Refusal] | None
) -> None:
    """A proposal that was refused while its number was taken, kept, and sent when nobody expects it any more."""
    now = [AT_MS]
    founding = founded(rehearsal=False)
    ledger = EmbeddedLedger.create(tmp_path / "l.db", sealed(founding), lambda: now[0])
    kept = sealed(propose(1), ledger=digest(founding))
    now[0] += kept_ms
    answer = one(ledger, kept)
    assert (Committed if refusal is None else refusal) is type(answer)
    ledger.close()


def test_in_a_rehearsal_the_ledgers_clock_alone_makes_it_worthless(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    kept, at_ms = sealed(propose(1)), AT_MS + PAST_MS_MAX + 1
    beat = sealed(MoveClock(request_id="clock-1-"), "bank", "witness", at_ms)
    assert isinstance(one(ledger, beat), Committed)
    assert isinstance(one(ledger, kept), TooOld)
    assert isinstance(one(ledger, sealed(propose(1), at_ms=at_ms)), Committed)


def test_no_node_takes_a_time_more_than_a_minute_ahead_of_its_own_so_no_witness_runs_away_with_the_clock(
    tmp_path: Path, sealed: Sealed, founded: Founds
) -> None:
    founding = founded(rehearsal=False)
    ledger = EmbeddedLedger.create(tmp_path / "l.db", sealed(founding, at_ms=AT_MS - BEAT_MS), lambda: AT_MS)
    for ahead_ms, expected in ((AHEAD_MS_MAX + 1, ClockOff), (AHEAD_MS_MAX, Committed)):
        beat = MoveClock(request_id=f"clock:{ahead_ms}")
        answer = one(ledger, sealed(beat, "bank", "witness", AT_MS + ahead_ms, digest(founding)))
        assert expected is type(answer)
    ledger.close()


def test_a_client_that_finds_the_clock_old_moves_it_first_and_one_that_finds_it_fresh_does_not(
    ledger: EmbeddedLedger, identity: Callable[[str, str], Identity], propose: Proposes
) -> None:
    now = [AT_MS + BEAT_MS - 1]
    who = identity("union", "admin")
    client = Client(ledger, who.certificate_pem, who.private_key, lambda: now[0], lambda: identity("union", "witness"))
    client.submit(propose(1))
    assert (AT_MS, 2) == (client.need(clocks).at_ms, ledger.height())
    now[0] += 1
    client.submit(propose(2))
    assert (now[0], 4) == (client.need(clocks).at_ms, ledger.height())
    client.submit(propose(3))
    assert 5 == ledger.height()
    assert audit(ledger).ok


def test_a_revoked_witness_is_not_in_the_way_of_its_organisations_officers(
    ledger: EmbeddedLedger, identity: Callable[[str, str], Identity], propose: Proposes, sealed: Sealed
) -> None:
    serial = caller_of(identity("union", "witness").certificate_pem).serial
    assert isinstance(one(ledger, sealed(Revoke(request_id="revoke-1", serial=serial, reason="lost"))), Committed)
    who, later = identity("union", "admin"), AT_MS + 2 * BEAT_MS
    client = Client(ledger, who.certificate_pem, who.private_key, lambda: later, lambda: identity("union", "witness"))
    client.submit(propose(1))
    assert AT_MS == client.need(clocks).at_ms


def test_a_copy_has_an_id_of_its_own_and_what_was_signed_for_its_original_dies_with_it(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, identity: Callable[[str, str], Identity], tmp_path: Path
) -> None:
    admin = identity("union", "admin")
    assert isinstance(one(ledger, sealed(propose(1))), Committed)
    ledger.close()
    shutil.copyfile(ledger.path, tmp_path / "copy.db")
    copy, original = EmbeddedLedger.open(tmp_path / "copy.db"), EmbeddedLedger.open(ledger.path)
    before = original.genesis.ledger
    found_copy(copy, admin, AT_MS)
    assert (before,) == copy.genesis.copied
    assert before != copy.genesis.ledger
    for_original = sealed(propose(2))
    for_copy = seal(propose(2), copy.genesis.ledger, admin.certificate_pem, admin.private_key, AT_MS)
    assert [OtherLedger, Committed] == [type(one(copy, each)) for each in (for_original, for_copy)]
    assert [OtherLedger, Committed] == [type(one(original, each)) for each in (for_copy, for_original)]
    assert (True, True) == (audit(copy).ok, audit(original).ok)  # each under the id of its place
    found_copy(copy, admin, AT_MS)
    assert 2 == len(copy.genesis.copied)
    assert audit(copy).ok
    copy.close()
    original.close()


def test_nobody_gives_a_ledger_that_goes_on_another_id(ledger: EmbeddedLedger, sealed: Sealed) -> None:
    """The union alone would make every signature that is on its way worthless."""
    command = FoundCopy(request_id="copy-1--", copied=ledger.genesis.ledger, genesis_block="9" * 64)
    assert isinstance(one(ledger, sealed(command)), NotAllowed)
    with pytest.raises(HashDiffers):
        ledger.found_copy(sealed(replace(command, copied="0" * 64)))
    assert 1 == ledger.height()


def test_a_restored_ledger_keeps_its_id_by_word_of_two_organisations(
    ledger: EmbeddedLedger, identity: Callable[[str, str], Identity]
) -> None:
    before, height = ledger.genesis.ledger, ledger.height()
    admins = [identity(organisation, "admin") for organisation in ("union", "regulator")]
    declare_restored(ledger, admins, "the machine is lost", AT_MS)
    (record,) = [restorations.decode(value) for _, value in ledger.scan("restoration/")]
    assert (before, height + 1) == (ledger.genesis.ledger, ledger.height())
    assert (("union", "regulator"), "the machine is lost") == (record.signed, record.reason)
    assert audit(ledger).ok


def test_an_organisation_says_once_that_a_ledger_was_restored(ledger: EmbeddedLedger, sealed: Sealed) -> None:
    said = [
        sealed(Restore(request_id=f"restore-{number}", height=1, block_hash="1" * 64, reason=reason), org)
        for number, (org, reason) in enumerate(
            (("union", "lost"), ("union", "lost"), ("bank", "another reason"), ("bank", "lost"))
        )
    ]
    assert [Committed, AlreadySigned, HashDiffers, Committed] == [type(answer) for answer in ledger.submit(said)]
