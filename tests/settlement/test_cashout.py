from collections.abc import Callable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

import lxr.chaincode.cashout
from breaksoff import again_and_again
from consortium import PAYEES, House, rehearsal
from lxr.chaincode.cashout import OpenCashOut
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_outs, tag_of
from lxr.chaincode.custody_records import custodies
from lxr.chaincode.refusals import NothingToPayOut, PayoutsStopped, SameIdOtherBody, SamePerson, WrongState
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.workers import workers
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.invariants import check
from lxr.settlement.bank import cashout, instruction, openings
from lxr.settlement.bank.formats import pain001
from lxr.settlement.bank.instruction import Instruction
from lxr.settlement.bank.model import Party
from lxr.settlement.bank.openings import Opening, Openings, path_beside
from lxr.settlement.errors import InputFault
from lxr.settlement.pay import payday
from lxr.settlement.people.person import Account, Person, commitment, new_salt
from lxr.settlement.rehearsal.simulator import Bank
from lxr.settlement.work.signing import sign_payee
from parties import CUSTODY
from team import Team
from treasury import (
    DAY_FEN,
    PAYDAY,
    UNION,
    approved,
    bring,
    entry,
    in_transit,
    instructed,
    noon,
    paid,
    payouts,
    statement,
)

NUMBER = "CE001-20260915"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def prepare(house: House, number: str = NUMBER, treasurer: Client | None = None, day: date = PAYDAY) -> Instruction:
    return instruction.instruct(treasurer or house.treasurer, house.people, number, UNION, noon(day), day)


def approve(house: House, number: str = NUMBER, approver: Client | None = None) -> Instruction:
    bank = house.consortium.bank_dir
    return instruction.approve(approver or house.operator, house.people, number, bank, UNION)


def instruct(house: House, number: str = NUMBER, day: date = PAYDAY) -> Instruction:
    """Prepared by the treasurer, approved by the operator."""
    prepare(house, number, day=day)
    return approve(house, number)


def accept(house: House) -> Instruction:
    """By the bank's teller."""
    return instruction.accept(house.teller, NUMBER, house.consortium.bank_dir)


NOT_ACCEPTED = "it is not the file of a cash-out that the bank has accepted"


def digest_of(order: Path) -> str:
    """As the ledger has it, by openings beside."""
    beside = openings.read(order)
    assert beside is not None
    return beside.digest(order.read_bytes())


def file(given: Instruction) -> Path:
    """Which the bank was given."""
    (only,) = given.files
    assert only.path is not None
    return only.path


def platform_payees() -> dict[str, Person]:
    return {
        name: Person(name, "-", "-", holder, number, bank, "bank", salt.hex())
        for name, (number, holder, bank, salt) in PAYEES.items()
    }


def test_the_file_pays_every_order_to_the_account_that_its_worker_approved(house: House) -> None:
    team = house.employ(3)
    paid(house, team)
    given = instruct(house)
    order = pain001.read(file(given).read_bytes(), file(given).name)
    by_id = {view.order: view for view in cashout.orders_of(house.treasurer, NUMBER)}
    assert (3, 6 * DAY_FEN, NUMBER) == (given.count, given.total_fen, given.files[0].message_id)
    assert (CUSTODY, PAYDAY, 6 * DAY_FEN) == (order.debtor_account, order.execution_date, order.total_fen)
    for transfer in order.transfers:
        view = by_id[transfer.end_to_end_id]
        person = team.persons[str(view.worker)]
        assert (view.amount_fen, person.name, person.bank_account) == (
            transfer.amount_fen,
            transfer.creditor_name,
            transfer.creditor_account,
        )
    head = house.treasurer.need(cash_outs, NUMBER)
    assert (CashOutState.INSTRUCTED, digest_of(file(given))) == (head.state, head.files[0].digest)
    beside = openings.read(file(given))
    assert beside is not None
    assert by_id.keys() == {opening.end_to_end_id for opening in beside.openings}


def test_the_ledger_has_no_bare_digest_of_the_banks_file(house: House) -> None:
    paid(house, house.employ(1))
    given = instruct(house)
    accept(house)
    bare = sha256(file(given).read_bytes()).hexdigest().encode()
    assert bare not in b"".join(value for _, value in house.ledger.scan(""))
    assert house.people.blind(NUMBER).hex().encode() in path_beside(file(given)).read_bytes()


@pytest.mark.parametrize("what", ["missing", "other"])
def test_the_bank_accepts_no_file_without_the_bytes_that_were_handed_over_with_it(house: House, what: str) -> None:
    paid(house, house.employ(1))
    given = instruct(house)
    beside, expected = path_beside(file(given)), "openings as they were handed over"
    if what == "missing":
        beside.unlink()
    else:
        there = openings.read(file(given))
        assert there is not None
        beside.write_bytes(msgspec.json.encode(msgspec.structs.replace(there, blind="00" * 32)))
        expected = "the file as it was approved, and its openings"
    with pytest.raises(InputFault, match=expected):
        accept(house)


def test_the_same_call_again_leaves_the_file_as_it_is(house: House) -> None:
    paid(house, house.employ(2))
    first, height = instruct(house), house.ledger.height()
    stamp = file(first).stat().st_mtime_ns
    assert first == instruct(house, day=PAYDAY + timedelta(days=1))
    assert (height, stamp) == (house.ledger.height(), file(first).stat().st_mtime_ns)


@pytest.mark.parametrize("later", [0, 1, 4])
def test_broken_off_anywhere_the_same_calls_again_give_the_bank_one_file_also_on_a_later_day(
    house: House, later: int
) -> None:
    paid(house, house.employ(2))
    seen: list[bool] = []

    def call(treasurer: Client, operator: Client) -> Instruction:
        seen.append((house.consortium.bank_dir / "inbox" / f"{NUMBER}.xml").exists())
        prepare(house, treasurer=treasurer, day=PAYDAY + timedelta(days=later if len(seen) > 1 else 0))
        return approve(house, approver=operator)

    given, deaths = again_and_again(house, call)
    assert (2, [False, False, False]) == (deaths, seen)
    assert house.treasurer.need(cash_outs, NUMBER).files[0].digest == digest_of(file(given))
    assert PAYDAY == pain001.read(file(given).read_bytes(), "file").execution_date


def test_the_bank_gets_no_file_before_another_person_has_approved_it(house: House) -> None:
    paid(house, house.employ(1))
    inbox = house.consortium.bank_dir / "inbox"
    prepared = prepare(house)
    assert ("prepared", ("treasurer@union",), (("operator", "treasurer"),), None) == (
        prepared.state,
        prepared.prepared_by,
        prepared.waiting_for,
        prepared.files[0].path,
    )
    renewed = house.issued_client("union", "treasurer", "treasurer@union")
    in_other_role = house.issued_client("union", "operator", "treasurer@union")
    for approver in (house.treasurer, renewed, in_other_role):
        with pytest.raises(SamePerson):
            approve(house, approver=approver)
    assert not inbox.exists()
    given = approve(house)
    accept(house)
    with bank_of(house) as bank:
        assert () == bank.close_day(PAYDAY).problems
    assert digest_of(file(given)) == prepared.files[0].digest


def test_the_bank_takes_in_no_file_that_is_prepared_and_not_approved(house: House) -> None:
    paid(house, house.employ(1))
    prepare(house)
    kept = file(instruct_on_a_copy(house)).read_bytes()
    inbox = house.consortium.bank_dir / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "early.xml").write_bytes(kept)
    with bank_of(house) as bank:
        assert NOT_ACCEPTED in str(bank.close_day(PAYDAY).problems[0])


def instruct_on_a_copy(house: House) -> Instruction:
    """What would come of the approval; nothing of it stays but the file."""
    operator = house.operator.on(DryRun(house.ledger))
    elsewhere = house.consortium.directory / "elsewhere"
    return instruction.approve(operator, house.people, NUMBER, elsewhere, UNION)


def test_from_the_governed_sum_on_a_second_role_approves_too_and_each_may_come_first(house: House) -> None:
    house.govern("cashout.second_role_fen", 4 * DAY_FEN, date(2026, 9, 1))
    paid(house, house.employ(2))
    assert (("operator", "treasurer"), ("admin",)) == prepare(house).waiting_for
    second = approve(house, approver=house.admin)
    assert ((("operator", "treasurer"),), None) == (second.waiting_for, second.files[0].path)
    assert second == approve(house, approver=house.admin)
    both = approve(house)
    assert (("admin@union", "operator@union"), ()) == (both.approved_by, both.waiting_for)
    assert file(both).exists()


def test_the_banks_teller_accepts_the_file_that_the_bank_holds_and_the_same_again_does_nothing(house: House) -> None:
    paid(house, house.employ(2))
    given = instruct(house)
    said = accept(house)
    assert msgspec.structs.replace(given, state=CashOutState.ACCEPTED) == said
    head = house.treasurer.need(cash_outs, NUMBER)
    assert (CashOutState.ACCEPTED, house.clock()) == (head.state, head.accepted_ms)
    height = house.ledger.height()
    file(given).unlink()  # the bank puts away what it has taken in
    assert said == accept(house)
    assert height == house.ledger.height()


def edited(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize(
    ("harm", "problem"), [(Path.unlink, "cannot be read: No such file"), (edited, "the ledger names a file of digest")]
)
def test_no_file_is_accepted_that_is_missing_or_another_than_was_approved(
    house: House, harm: Callable[[Path], None], problem: str
) -> None:
    paid(house, house.employ(1))
    harm(file(instruct(house)))
    height = house.ledger.height()
    with pytest.raises(InputFault, match=rf"CE001-20260915\.xml: {problem}"):
        accept(house)
    assert height == house.ledger.height()


def test_nothing_is_accepted_that_is_not_approved_or_was_cancelled(house: House) -> None:
    paid(house, house.employ(1))
    prepare(house)
    with pytest.raises(WrongState, match=r"needed=instructed, .*state=prepared"):
        accept(house)
    approve(house)
    cashout.cancel(house.treasurer, NUMBER)
    with pytest.raises(WrongState, match=r"needed=instructed, .*state=cancelled"):
        accept(house)
    with bank_of(house) as bank:
        assert NOT_ACCEPTED in str(bank.close_day(PAYDAY).problems[0])


def test_what_left_and_the_bank_has_not_accepted_can_be_cancelled_and_afterwards_not(house: House) -> None:
    paid(house, house.employ(2))
    instruct(house)
    report = cashout.cancel(house.treasurer, NUMBER)
    assert (CashOutState.CANCELLED, [PaymentOrderState.CANCELLED] * 2) == (
        report.state,
        [order.state for order in cashout.orders_of(house.treasurer, NUMBER)],
    )
    assert 0 == house.treasurer.need(custodies, CUSTODY).instructed_fen
    again = payday.resume(house.treasurer, house.operator, "E001-20260915").cash_out
    assert again is not None
    instruct(house, again.cashout)
    instruction.accept(house.teller, again.cashout, house.consortium.bank_dir)
    with pytest.raises(WrongState, match="state=accepted"):
        cashout.cancel(house.treasurer, again.cashout)
    assert [] == check(house.ledger.scan)


def test_what_is_prepared_can_be_cancelled_and_then_not_be_approved(house: House) -> None:
    paid(house, house.employ(1))
    prepare(house)
    cashout.cancel(house.treasurer, NUMBER)
    with pytest.raises(WrongState):
        approve(house)
    assert not (house.consortium.bank_dir / "inbox").exists()


def test_a_file_that_was_lost_is_not_made_again_for_another_holder_of_the_account(house: House) -> None:
    paid(house, house.employ(1))
    file(instruct(house)).unlink()
    other = Party("Somebody else", UNION.bank)
    with pytest.raises(InputFault, match="field debtor: the files name 成都灵活就业工会"):
        instruction.approve(house.operator, house.people, NUMBER, house.consortium.bank_dir, other)


def test_a_file_edited_in_the_inbox_is_written_again(house: House) -> None:
    paid(house, house.employ(1))
    given = instruct(house)
    file(given).write_bytes(file(given).read_bytes().replace(b"62", b"63"))
    assert given == instruct(house)
    assert given.files[0].digest == digest_of(file(given))


def test_an_account_that_is_not_behind_the_orders_commitment_is_refused_and_nothing_is_written(house: House) -> None:
    team = house.employ(2)
    worker = team.workers["R0001"]
    house.operator.submit(sign_payee(team.keys[worker], house.ledger_id, worker, "ab" * 32, 1))  # of no account kept
    paid(house, team)
    height = house.ledger.height()
    with pytest.raises(InputFault, match=f"the account kept for {worker} is not the one that was approved") as fault:
        instruct(house)
    assert "\n" not in str(fault.value)
    assert height == house.ledger.height()
    assert not (house.consortium.bank_dir / "inbox").exists()


OTHER_ACCOUNTS = ("6222000011112222", "6222000033334444")


def change(house: House, team: Team, worker: str, account: str, *, signed: bool) -> None:
    """Another account in the store, and by the worker's word on the ledger too."""
    person, record = house.people.get(worker), house.operator.need(workers, worker)
    house.people.change_account(worker, account, person.bank_code, person.bank_name, new_salt())
    if signed:
        payout = house.people.get(worker).payee_commitment
        house.operator.submit(sign_payee(team.keys[worker], house.ledger_id, worker, payout, record.payee_changes + 1))


@pytest.mark.parametrize("prepared", [False, True], ids=["before it is prepared", "before it is approved"])
@pytest.mark.parametrize(
    ("accounts", "signed"),
    [
        pytest.param(OTHER_ACCOUNTS[:1], True, id="another"),
        pytest.param(OTHER_ACCOUNTS, True, id="twice another"),
        pytest.param((OTHER_ACCOUNTS[0], None), True, id="another and back"),
        pytest.param(OTHER_ACCOUNTS[:1], False, id="in the store alone"),
        pytest.param((OTHER_ACCOUNTS[0], None), False, id="in the store alone, and back"),
    ],
)
def test_a_changed_account_stops_nobodys_wages_and_those_held_go_to_the_one_that_was_approved_then(
    house: House, accounts: tuple[str | None, ...], signed: bool, prepared: bool
) -> None:
    team = house.employ(3)
    paid(house, team)
    if prepared:
        prepare(house)
    worker = team.workers["R0001"]
    for account in accounts:
        change(house, team, worker, account or team.persons[worker].bank_account, signed=signed)
    given = instruct(house)
    accept(house)
    transfers = pain001.read(file(given).read_bytes(), file(given).name).transfers
    assert {each.bank_account for each in team.persons.values()} == {each.creditor_account for each in transfers}
    beside = openings.read(file(given))
    assert beside is not None
    by_id = {opening.end_to_end_id: opening for opening in beside.openings}
    assert all(by_id[transfer.end_to_end_id].fits(transfer, commitment) for transfer in transfers)


def test_an_execution_date_that_is_past_is_refused(house: House) -> None:
    paid(house, house.employ(1))
    with pytest.raises(InputFault, match="the execution date 2026-09-14 is past"):
        instruction.instruct(house.treasurer, house.people, NUMBER, UNION, noon(PAYDAY), PAYDAY - timedelta(days=1))


def test_an_empty_or_cancelled_cash_out_is_not_instructed(house: House) -> None:
    house.employ(1)
    cashout.open_cash_out(house.treasurer, "C-EMPTY", CUSTODY, employer="E001")
    with pytest.raises(NothingToPayOut):
        instruct(house, "C-EMPTY")
    cashout.cancel(house.treasurer, "C-EMPTY")
    with pytest.raises(WrongState):
        instruct(house, "C-EMPTY")


def test_a_shortfall_stops_the_file_before_it_is_written(house: House, tmp_path: Path) -> None:
    """The deposit that was attested is on no statement, and its wages are spent."""
    paid(house, house.employ(1))
    bring(house, statement(tmp_path, []))
    with pytest.raises(PayoutsStopped):
        instruct(house)
    assert not (house.consortium.bank_dir / "inbox" / f"{NUMBER}.xml").exists()


def test_a_cash_out_that_is_opened_twice_under_one_number_is_the_same_or_refused(house: House) -> None:
    house.employ(1)
    first = cashout.open_cash_out(house.treasurer, "C-ALL", CUSTODY, employer="E001")
    assert first == cashout.open_cash_out(house.treasurer, "C-ALL", CUSTODY, employer="E001")
    with pytest.raises(SameIdOtherBody):
        cashout.open_cash_out(house.treasurer, "C-ALL", CUSTODY, platform=True)


def test_no_cash_out_of_the_platform_is_opened_while_it_holds_nothing(house: House) -> None:
    with pytest.raises(NothingToPayOut):
        cashout.open_cash_out(house.treasurer, "C-HOUSE", CUSTODY, platform=True)
    assert [] == list(house.treasurer.scan(cash_outs))


def test_fee_tax_and_insurance_leave_to_the_payees_that_are_in_force(house: House, tmp_path: Path) -> None:
    report = paid(house, house.employ(2))
    instructed(house, NUMBER)
    bring(house, statement(tmp_path, in_transit(house)))
    payday.sweep(house.treasurer, report.run)
    opened = cashout.open_cash_out(house.treasurer, "C-HOUSE", CUSTODY, platform=True)
    assert ("platform", 1, report.totals.fee_fen) == (opened.scope, opened.orders, opened.total_fen)
    with pytest.raises(InputFault, match="field fee: no payee is given"):
        instruct(house, "C-HOUSE")
    instruction.instruct(
        house.treasurer, house.people, "C-HOUSE", UNION, noon(PAYDAY), PAYDAY, platform_payees=platform_payees()
    )
    given = approved(house, "C-HOUSE", platform_payees=platform_payees())
    (transfer,) = pain001.read(file(given).read_bytes(), "file").transfers
    assert (PAYEES["fee"][0], "SCVE") == (transfer.creditor_account, transfer.purpose)


def test_a_payee_that_nobody_has_approved_yet_is_not_paid_and_stops_no_cash_out_of_the_platform(
    house: House, tmp_path: Path
) -> None:
    report = paid(house, house.employ(2))
    instructed(house, NUMBER)
    bring(house, statement(tmp_path, in_transit(house)))
    payday.sweep(house.treasurer, report.run)
    cashout.open_cash_out(house.treasurer, "C-HOUSE", CUSTODY, platform=True)
    proposed = {
        name: payee.with_account(Account("6222000011112222", payee.bank_code, "bank", new_salt()))
        for name, payee in platform_payees().items()
    }
    instruction.instruct(
        house.treasurer, house.people, "C-HOUSE", UNION, noon(PAYDAY), PAYDAY, platform_payees=proposed
    )
    given = approved(house, "C-HOUSE", platform_payees=proposed)
    (transfer,) = pain001.read(file(given).read_bytes(), "file").transfers
    assert PAYEES["fee"][0] == transfer.creditor_account


def came_back(house: House, team: Team, tmp_path: Path) -> cashout.OrderView:
    """The team's one worker is paid, and the money comes back: the account is closed."""
    paid(house, team)
    (order,) = instructed(house, NUMBER)
    returned = entry("R1", order.amount_fen, True, order.order, "AC04")
    lines = [*in_transit(house), *payouts([order]), returned]
    bring(house, statement(tmp_path, lines))
    return order


def test_what_came_back_is_reissued_to_the_new_account_that_the_worker_signed(house: House, tmp_path: Path) -> None:
    team = house.employ(1)
    order = came_back(house, team, tmp_path)
    worker, salt = team.workers["R0001"], new_salt()
    person = house.people.get(worker)
    house.people.change_account(worker, "6222000011112222", person.bank_code, person.bank_name, salt)
    with pytest.raises(InputFault, match="is not the one that was approved"):
        cashout.reissue(house.treasurer, house.people, order.order)
    house.operator.submit(
        sign_payee(team.keys[worker], house.ledger_id, worker, house.people.get(worker).payee_commitment, 1)
    )
    report = cashout.reissue(house.treasurer, house.people, order.order)
    assert (f"CR{order.order}", 1, 2 * DAY_FEN) == (report.cashout, report.orders, report.total_fen)
    assert report == cashout.reissue(house.treasurer, house.people, order.order)
    (transfer,) = pain001.read(file(instruct(house, report.cashout)).read_bytes(), "file").transfers
    assert "6222000011112222" == transfer.creditor_account
    assert order.order != transfer.end_to_end_id
    assert [] == check(house.ledger.scan)


def test_a_reissue_that_was_cancelled_gets_another_number(house: House, tmp_path: Path) -> None:
    order = came_back(house, house.employ(1), tmp_path)
    first = cashout.reissue(house.treasurer, house.people, order.order)
    cashout.cancel(house.treasurer, first.cashout)
    second = cashout.reissue(house.treasurer, house.people, order.order)
    assert (f"{first.cashout}-2", first.total_fen) == (second.cashout, second.total_fen)


def test_money_that_has_left_again_is_not_reissued(house: House, tmp_path: Path) -> None:
    order = came_back(house, house.employ(1), tmp_path)
    cashout.open_cash_out(house.treasurer, "C-ALL", CUSTODY, employer="E001")
    with pytest.raises(NothingToPayOut):
        cashout.reissue(house.treasurer, house.people, order.order)


def test_an_order_that_did_not_come_back_is_not_reissued(house: House) -> None:
    paid(house, house.employ(1))
    (order,) = instructed(house, NUMBER)
    with pytest.raises(WrongState, match=r"needed=returned\|rejected"):
        cashout.reissue(house.treasurer, house.people, order.order)


def test_the_bank_takes_in_a_file_once_its_teller_has_accepted_it(house: House) -> None:
    paid(house, house.employ(1))
    instruct(house)
    with bank_of(house) as bank:
        closed = bank.close_day(PAYDAY)
        assert (1, True) == (len(closed.problems), f"{NUMBER}.xml: {NOT_ACCEPTED}" in str(closed.problems[0]))
        accept(house)
        later = bank.close_day(PAYDAY + timedelta(days=1))
        assert ((), ()) == (later.problems, later.rejected)


def test_the_bank_takes_in_no_payout_file_but_the_one_accepted(house: House) -> None:
    """The thief opens a commitment of his own, and it fits his account; no cash-out names his file."""
    paid(house, house.employ(1))
    given = instruct(house)
    accept(house)
    order = pain001.read(file(given).read_bytes(), file(given).name)
    thief = msgspec.structs.replace(order.transfers[0], creditor_account="6222000099990000", creditor_name="贼")
    salt = bytes(32)
    hidden = commitment(thief.creditor_account, thief.creditor_name, thief.creditor_bank, salt)
    file(given).write_bytes(pain001.write(msgspec.structs.replace(order, transfers=(thief,))))
    lie_beside(file(given), Opening(thief.end_to_end_id, hidden, salt.hex()))
    with bank_of(house) as bank:
        closed = bank.close_day(PAYDAY)
    assert (NOT_ACCEPTED in str(closed.problems[0]), ()) == (True, closed.rejected)


def lie_beside(order: Path, *opened: Opening) -> None:
    """Other openings than were handed over, under the same random bytes."""
    beside = openings.read(order)
    assert beside is not None
    path_beside(order).write_bytes(msgspec.json.encode(Openings(beside.blind, opened)))


@pytest.mark.parametrize("missing", [False, True])
def test_without_the_opening_that_the_ledger_holds_nobody_is_paid(house: House, missing: bool) -> None:
    paid(house, house.employ(2))
    given = instruct(house)
    accept(house)
    beside = openings.read(file(given))
    assert beside is not None
    first, second = beside.openings
    swapped = [
        msgspec.structs.replace(first, commitment=second.commitment, salt=second.salt),
        msgspec.structs.replace(second, commitment=first.commitment, salt=first.salt),
    ]
    lie_beside(file(given), *([] if missing else swapped))
    with bank_of(house) as bank:
        rejected = bank.close_day(PAYDAY).rejected
    assert ["BE01", "BE01"] == [rejection.reason for rejection in rejected]


def bank_of(house: House) -> Bank:
    """The bank as it asks the ledger."""
    files = instruction.instructed_files(house.client("bank", "teller"))
    return Bank.open(house.consortium.bank_dir, CUSTODY, 1, commitment=commitment, instructed=files)


def test_an_order_that_the_bank_rejected_is_reissued(house: House) -> None:
    paid(house, house.employ(1))
    (order,) = instructed(house, NUMBER)
    house.do(RejectPaymentOrders, custody=CUSTODY, cashout=NUMBER, rejections=((order.order, "BE01"),))
    assert [PaymentOrderState.REJECTED] == [view.state for view in cashout.orders_of(house.treasurer, NUMBER)]
    assert 2 * DAY_FEN == cashout.reissue(house.treasurer, house.people, order.order).total_fen


def test_a_payday_whose_cash_out_would_have_the_tag_of_another_is_paid_out_under_the_next_number(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (lxr.chaincode.cashout, cashout):
        monkeypatch.setattr(module, "tag_of", lambda number: tag_of("C-EARLIER" if number == NUMBER else number))
    team = house.employ(3)
    house.treasurer.submit(
        OpenCashOut(request_id="cashout:earlier", cashout="C-EARLIER", custody=CUSTODY, scope="all", employer="E001")
    )
    report = paid(house, team)
    assert report.cash_out is not None
    assert (f"{NUMBER}-2", 3) == (report.cash_out.cashout, report.cash_out.orders)
