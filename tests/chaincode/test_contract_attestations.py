from typing import Any

import pytest

from lxr.chaincode import attestations as attesting_module
from lxr.chaincode.attestations import AgreeReversal, AttestDeposit, CosignDeposit, ReverseDeposit
from lxr.chaincode.contract import decode_command
from lxr.chaincode.custody_records import (
    Backing,
    Transit,
    attestation_digest,
    attestations,
    backings,
    bookings,
    custodies,
    transits,
)
from lxr.chaincode.lines import LINE_FEN_MAX
from lxr.chaincode.refusals import (
    DateInFuture,
    DepositMissing,
    Exists,
    HashDiffers,
    MalformedCommand,
    NotAllowed,
    SamePerson,
    TooLarge,
    Unknown,
    WrongState,
)
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.types import canonical
from lxr.token.refusal import Refusal
from parties import ANNA, CUSTODY, aug
from preparedtown import prepared_once
from scenario.money import Place, credit, place_of
from town import Town

RUN = "E001-20260812"
D1, D2 = (aug(3), "D1"), (aug(3), "D2")


def attesting(place: Place = D1, amount_fen: int = 1000, employer_no: str = "E001") -> dict[str, Any]:
    return {**place_of(place), "amount_fen": amount_fen, "employer_no": employer_no}


def part(town: Town, owner: str = "E001") -> Backing:
    value = town.engine.read(backings.key(owner))
    return Backing() if value is None else backings.decode(value)


def held(town: Town, employer: str = "E001") -> tuple[int, int]:
    """What the employer can spend, and what is blocked."""
    return town.fen(f"employer:{employer}"), town.fen(f"blocked:{employer}")


def state(town: Town, place: Place = D1) -> str:
    return town.get(attestations, CUSTODY, *place).state


def in_transit(town: Town) -> list[tuple[str, bool, bool]]:
    return [(each.booking, each.cosigned, each.missing) for each in town.get(transits, CUSTODY).deposits]


def taken_back(town: Town, place: Place = D1) -> None:
    town.do(ReverseDeposit, **place_of(place), reason="another branch's")
    town.do(AgreeReversal, **town.signed_deposit(place))


@prepared_once
def spent(town: Town) -> Town:
    """53.00 are attested for the 12th; 51.00 of it are a wage of 50.00, and its fee."""
    town.certified(aug(3), {ANNA: 10})
    town.go(aug(12))
    town.do(AttestDeposit, **attesting((aug(12), "D1"), 5300))
    town.paid(RUN)
    return town


SPENT = (aug(12), "D1")


# Attesting


def test_an_attested_credit_mints_once_and_its_line_confirms_it(town: Town) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    assert ((1000, 0), Backing(in_transit_fen=1000)) == (held(town), part(town))
    town.refused(Exists, AttestDeposit, **attesting())
    town.refused(Exists, AttestDeposit, **attesting(employer_no="E002", amount_fen=5))
    town.book(aug(3), credit(*D1, 1000, "E001"))
    assert ((1000, 0), Backing(confirmed_fen=1000), "confirmed") == (held(town), part(town), state(town))
    assert (Transit(), "deposit") == (town.get(transits, CUSTODY), town.get(bookings, CUSTODY, *D1).kind)


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (Unknown, {"custody": "9999"}),
        (Unknown, {"employer_no": "E009"}),
        (DateInFuture, {"day": aug(5)}),
        (MalformedCommand, {"amount_fen": LINE_FEN_MAX + 1}),
    ],
)
def test_a_credit_needs_an_account_a_day_and_an_amount_that_the_ledger_can_keep(
    town: Town, refusal: type[Refusal], changes: dict[str, Any]
) -> None:
    town.go(aug(4))
    town.do(AttestDeposit, **attesting())
    town.refused(refusal, AttestDeposit, **{**attesting(D2), **changes})


def test_the_same_reference_of_another_day_is_another_credit(town: Town) -> None:
    town.go(aug(4))
    town.do(AttestDeposit, **attesting())
    town.do(AttestDeposit, **attesting((aug(4), "D1"), 500))
    town.book(aug(4), credit(*D1, 1000, "E001"), credit(aug(4), "D1", 500, "E001"))
    assert ((1500, 0), Backing(confirmed_fen=1500)) == (held(town), part(town))


@pytest.mark.parametrize("booking", ["d1", "D 1", "D/1", "Ｄ1", "", "D1\n", "D" * 36])
def test_a_reference_has_one_form(booking: str) -> None:
    fields = {**attesting(), "command": "custody.attest_deposit", "request_id": "12345678", "booking": booking}
    with pytest.raises(MalformedCommand) as caught:
        decode_command(canonical(fields))
    assert "booking" in str(caught.value)


@pytest.mark.parametrize(("day", "refused"), [(aug(2), True), (aug(3), True), (aug(4), False)])
def test_nothing_is_attested_of_a_day_whose_statement_is_here(town: Town, day: Any, refused: bool) -> None:
    town.book(aug(3))
    town.go(aug(4))
    if refused:
        town.refused(DepositMissing, AttestDeposit, **attesting((day, "D9")))
    else:
        town.do(AttestDeposit, **attesting((day, "D9")))


def test_what_a_statement_has_is_not_attested_once_more_also_while_it_is_booked_in_part(town: Town) -> None:
    lines = credit(*D1, 1000, "E001"), credit(*D2, 500, "E001")
    whole = town.statement(aug(3), *lines)
    town.do(BookStatement, **{**whole, "lines": lines[:1]})
    town.refused(Exists, AttestDeposit, **attesting())
    town.do(AttestDeposit, **attesting(D2, 500))  # the rest of the statement confirms it, or it is missing
    town.do(BookStatement, **{**whole, "first": 1, "lines": lines[1:]})
    assert ((1500, 0), Backing(confirmed_fen=1500)) == (held(town), part(town))


def test_no_more_is_in_transit_than_one_record_can_hold(bench: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attesting_module, "IN_TRANSIT_MAX", 2)
    bench.go(aug(3))
    for number in (1, 2):
        bench.do(AttestDeposit, **attesting((aug(3), f"D{number}")))
    bench.refused(TooLarge, AttestDeposit, **attesting((aug(3), "D3")))
    bench.book(aug(3), credit(*D1, 1000, "E001"))
    bench.go(aug(4))
    bench.do(AttestDeposit, **attesting((aug(4), "D3")))


# Cosigning


def test_another_person_of_the_bank_cosigns_what_was_attested(town: Town) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    town.do(AttestDeposit, **attesting(D2))
    signed = town.signed_deposit(D1)
    for caller in ("bank/teller", "bank/admin as teller@bank"):
        assert "teller@bank" == town.refused(SamePerson, CosignDeposit, caller, **signed).facts["person"]
    for caller in ("union/treasurer", "union/admin", "employer/signer/E001", "bank/auditor"):
        town.refused(NotAllowed, CosignDeposit, caller, **signed)
    town.refused(Unknown, CosignDeposit, "bank/admin", **{**signed, "booking": "D9"})
    town.do(CosignDeposit, "bank/teller as li@bank", **signed)
    assert "li@bank" == town.get(attestations, CUSTODY, *D1).cosigned_by
    assert [("D1", True, False), ("D2", False, False)] == in_transit(town)
    town.refused(WrongState, CosignDeposit, "bank/admin", **signed)


def test_a_cosignature_holds_for_the_employer_and_the_amount_that_it_names(town: Town) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    there = town.get(attestations, CUSTODY, *D1)
    others = [("9999", *D1), (CUSTODY, aug(4), "D1"), (CUSTODY, aug(3), "D2")]
    digests = [attestation_digest(*place, there) for place in others]
    assert 4 == len({*digests, attestation_digest(CUSTODY, *D1, there)})
    for other in digests:
        town.refused(HashDiffers, CosignDeposit, "bank/admin", **place_of(D1), digest=other)


@pytest.mark.parametrize("how", ["confirmed", "missing", "reversal_proposed", "reversed"])
def test_nothing_is_cosigned_that_does_not_wait_for_its_statement(town: Town, how: str) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    if how in ("confirmed", "missing"):
        town.book(aug(3), *([credit(*D1, 1000, "E001")] if how == "confirmed" else []))
    else:
        town.do(ReverseDeposit, **place_of(D1), reason="another branch's")
    if how == "reversed":
        town.do(AgreeReversal, **town.signed_deposit(D1))
    refusal = town.refused(WrongState, CosignDeposit, "bank/admin", **town.signed_deposit(D1))
    assert ("reversal_proposed" if how == "reversed" else how) == refusal.facts["state"]


# Ageing


def test_a_deposit_that_its_statement_has_not_is_blocked_while_it_is_unspent(town: Town) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    town.do(AttestDeposit, **attesting(D2, 300))
    town.book(aug(3), credit(*D2, 300, "E001"))
    assert ((300, 1000), Backing(confirmed_fen=300, blocked_fen=1000)) == (held(town), part(town))
    assert ("missing", [("D1", False, True)]) == (state(town), in_transit(town))


def test_only_the_statement_that_covers_its_day_and_is_whole_makes_a_deposit_missing(town: Town) -> None:
    town.go(aug(4))
    town.do(AttestDeposit, **attesting((aug(4), "D1")))
    town.book(aug(3))
    assert "attested" == state(town, (aug(4), "D1"))
    lines = credit(aug(4), "D2", 5, "E002"), credit(aug(4), "D3", 5, "E002")
    whole = town.statement(aug(5), *lines)
    town.do(BookStatement, **{**whole, "lines": lines[:1]})
    assert "attested" == state(town, (aug(4), "D1"))
    town.do(BookStatement, **{**whole, "first": 1, "lines": lines[1:]})
    assert "missing" == state(town, (aug(4), "D1"))


def test_what_was_spent_of_a_missing_deposit_is_its_employers_shortfall(spent: Town) -> None:
    spent.do(AttestDeposit, **attesting((aug(12), "D2"), 700, "E002"))
    spent.book(aug(12), credit(aug(12), "D2", 700, "E002"))
    assert ((0, 200), Backing(blocked_fen=200, shortfall_fen=5100)) == (held(spent), part(spent))
    assert (Backing(confirmed_fen=700), 5100) == (part(spent, "E002"), spent.get(custodies, CUSTODY).shortfall_fen)


def test_a_line_that_comes_late_gives_back_what_was_blocked_and_ends_the_shortfall(spent: Town) -> None:
    spent.book(aug(12))
    spent.book(aug(13), credit(*SPENT, 5300, "E001"))
    assert ((200, 0), Backing(confirmed_fen=5300), "confirmed") == (held(spent), part(spent), state(spent, SPENT))
    assert Transit() == spent.get(transits, CUSTODY)


def test_a_shortfall_is_replenished_by_its_employers_next_credit_before_that_makes_lxr(spent: Town) -> None:
    spent.book(aug(12))
    spent.book(aug(13), credit(aug(13), "D2", 5000, "E001"), credit(aug(13), "D3", 9000, "E002"))
    assert ((0, 200), 100) == (held(spent), part(spent).shortfall_fen)
    spent.book(aug(14), credit(aug(14), "D2", 700, "E001"))
    assert ((600, 200), Backing(confirmed_fen=5700, blocked_fen=200)) == (held(spent), part(spent))
    assert Backing(confirmed_fen=9000) == part(spent, "E002")
    spent.book(aug(15), credit(*SPENT, 5300, "E001"))  # and then the late line mints what others have replenished
    assert ((5900, 0), Backing(confirmed_fen=11_000)) == (held(spent), part(spent))


@pytest.mark.parametrize("how", ["missing", "reversed"])
@pytest.mark.parametrize("line", [{"payer": "E002"}, {}, {"payer": "E002", "returned": "AC04"}])
def test_the_reference_of_anothers_credit_touches_nobodys_shortfall(
    spent: Town, how: str, line: dict[str, Any]
) -> None:
    """Under the same day and reference: another amount, or another payer."""
    if how == "missing":
        spent.book(aug(12))
    else:
        taken_back(spent, SPENT)
    before = part(spent)
    assert 5100 == before.shortfall_fen
    amount_fen = 5300 if "payer" in line else 5299
    spent.book(aug(13), credit(*SPENT, amount_fen, **line))
    assert (before, how) == (part(spent), state(spent, SPENT))
    mine = line == {"payer": "E002"}
    assert (amount_fen if mine else 0, 0 if mine else amount_fen) == (
        spent.fen("employer:E002"),
        spent.fen("suspense:bank"),
    )


def test_a_line_of_another_payer_confirms_nothing_and_is_that_payers(town: Town) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    town.book(aug(3), credit(*D1, 1000, "E002"))
    assert (Backing(blocked_fen=1000), Backing(confirmed_fen=1000)) == (part(town), part(town, "E002"))


@pytest.mark.parametrize("amount_fen", [999, 1001])
def test_a_line_of_another_amount_confirms_nothing(town: Town, amount_fen: int) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    town.book(aug(3), credit(*D1, amount_fen, "E001"))
    assert Backing(confirmed_fen=amount_fen, blocked_fen=1000) == part(town)


# Reversal


def test_a_wrong_attestation_is_reversed_by_bank_and_union_while_it_is_unspent(town: Town) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    town.refused(WrongState, AgreeReversal, **town.signed_deposit(D1))
    town.do(ReverseDeposit, **place_of(D1), reason="another branch's")
    assert (1000, 0) == held(town)
    town.refused(WrongState, ReverseDeposit, **place_of(D1), reason="another branch's")
    for caller in ("bank/teller", "union/admin", "employer/signer/E001"):
        town.refused(NotAllowed, AgreeReversal, caller, **town.signed_deposit(D1))
    assert 0 == town.do(AgreeReversal, **town.signed_deposit(D1)).shortfall_fen
    assert ((0, 0), Backing(), Transit()) == (held(town), part(town), town.get(transits, CUSTODY))
    town.refused(WrongState, AgreeReversal, **town.signed_deposit(D1))
    town.refused(Exists, AttestDeposit, **attesting())


@pytest.mark.parametrize("missing", [False, True])
def test_what_was_spent_of_a_reversed_deposit_is_its_employers_shortfall_before_and_after_its_statement(
    spent: Town, missing: bool
) -> None:
    if missing:
        spent.book(aug(12))
    taken_back(spent, SPENT)
    assert ((0, 0), Backing(shortfall_fen=5100), "reversed") == (held(spent), part(spent), state(spent, SPENT))
    if not missing:
        spent.book(aug(12))
    assert (Backing(shortfall_fen=5100), Transit()) == (part(spent), spent.get(transits, CUSTODY))


def test_a_credit_that_turns_out_real_after_its_reversal_is_credited_like_any_other(spent: Town) -> None:
    taken_back(spent, SPENT)
    spent.book(aug(13), credit(*SPENT, 5300, "E001"))
    assert ((200, 0), Backing(confirmed_fen=5300), "reversed") == (held(spent), part(spent), state(spent, SPENT))


def test_a_statement_that_shows_the_deposit_ends_the_proposal_to_reverse_it(town: Town) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **attesting())
    town.do(ReverseDeposit, **place_of(D1), reason="another branch's")
    agreed = town.signed_deposit(D1)
    town.book(aug(3), credit(*D1, 1000, "E001"))
    assert (Backing(confirmed_fen=1000), None) == (part(town), town.get(attestations, CUSTODY, *D1).reversal)
    town.refused(WrongState, AgreeReversal, **agreed)
    town.refused(WrongState, ReverseDeposit, **place_of(D1), reason="-")


def test_what_was_never_attested_is_not_reversed(town: Town) -> None:
    town.book(aug(3), credit(*D1, 1000, "E001"))
    town.refused(Unknown, ReverseDeposit, **place_of(D1), reason="-")
    town.refused(Unknown, AgreeReversal, **place_of(D1), digest="0" * 64)


def test_no_number_of_attestations_that_are_reversed_leaves_no_room_for_others(town: Town) -> None:
    town.go(aug(12))
    for number in range(4):
        town.do(AttestDeposit, **attesting((aug(12), f"L{number}"), LINE_FEN_MAX, "E002"))
        taken_back(town, (aug(12), f"L{number}"))
    assert (0, 0) == (town.get(custodies, CUSTODY).minted_fen, town.get(custodies, CUSTODY).burned_fen)
    town.book(aug(12), credit(aug(12), "D1", 1, "E001"))
