"""The form of a payment file is agreed upon: who has another one in consortium.toml approves and accepts nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from consortium import House, rehearsal
from iso20022 import what_is_not_valid
from lxr.chaincode.cashout_records import CashOutState, cash_outs
from lxr.settlement.bank import cashout, instruction, openings
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.formats.pay_template import Template
from lxr.settlement.bank.formats.recognised import message_in
from lxr.settlement.bank.instruction import Instruction
from lxr.settlement.bank.payment_forms import STANDARD, Pain001, PaymentForm, Table, form_of, shipped
from lxr.settlement.bank.statement_lines import lines_of
from lxr.settlement.bank.transfers import transfer
from lxr.settlement.errors import InputFault
from lxr.settlement.people.person import commitment
from lxr.settlement.people.redaction import remove_orders
from lxr.settlement.people.traces import Traces
from lxr.settlement.rehearsal.simulator import Bank
from parties import CUSTODY
from treasury import PAYDAY, UNION, noon, paid

NUMBER: Final = "CE001-20260915"
FORMS: Final = {
    "pain.001.001.03": Pain001("pain.001.001.03"),
    "pain.001.001.03, in a batch": Pain001("pain.001.001.03", batch_booking=True),
    "pain.001.001.09, in a batch": Pain001("pain.001.001.09", batch_booking=True),
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Three workers are paid; their cash-out is held."""
    with rehearsal(tmp_path) as made:
        paid(made, made.employ(3, shards=2))
        yield made


def prepare(house: House, form: PaymentForm) -> Instruction:
    return instruction.instruct(house.treasurer, house.people, NUMBER, UNION, noon(PAYDAY), PAYDAY, form=form)


def approve(house: House, form: PaymentForm) -> Instruction:
    return instruction.approve(house.operator, house.people, NUMBER, house.consortium.bank_dir, UNION, form=form)


def accept(house: House, form: PaymentForm) -> Instruction:
    return instruction.accept(house.teller, NUMBER, house.consortium.bank_dir, form=form)


def file_of(house: House, form: PaymentForm) -> Path:
    (file,) = instruction.instruction_status(house.teller, NUMBER, house.consortium.bank_dir / "inbox", form).files
    assert file.path is not None
    return file.path


@pytest.mark.parametrize("name", FORMS)
def test_a_cash_out_is_stated_approved_accepted_and_paid_in_any_form(house: House, name: str) -> None:
    form = FORMS[name]
    house.deposit(10_000_000, "E001")
    prepare(house, form)
    approve(house, form)
    data = file_of(house, form).read_bytes()
    assert [] == what_is_not_valid(data)
    assert form.name == message_in(data)
    assert CashOutState.ACCEPTED is accept(house, form).state
    asks = instruction.instructed_files(house.teller)
    with Bank.open(house.consortium.bank_dir, CUSTODY, 1, commitment=commitment, instructed=asks) as bank:
        result = bank.close_day(PAYDAY)
    assert ((), ()) == (result.problems, result.rejected)


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("batch", [False, True])
def test_a_cash_out_is_paid_by_a_table_line_by_line_or_in_one_total(house: House, name: str, batch: bool) -> None:
    form = form_of(name, batch)
    house.deposit(10_000_000, "E001")
    prepare(house, form)
    approve(house, form)
    assert file_of(house, form).name == f"{NUMBER}{form.suffix}"
    assert CashOutState.ACCEPTED is accept(house, form).state
    asks = instruction.instructed_files(house.teller)
    with Bank.open(house.consortium.bank_dir, CUSTODY, 1, commitment=commitment, instructed=asks, form=form) as bank:
        transfer(house.consortium.bank_dir, "E001", 10_000_000, "1", UNION, "6222020000000000", CUSTODY, noon(PAYDAY))
        result = bank.close_day(PAYDAY)
    assert ((), ()) == (result.problems, result.rejected)
    (_, *debits) = camt053.read(result.statement.read_bytes(), "statement").entries
    assert (1 if batch else 3) == len(debits)
    lines = lines_of(camt053.read(result.statement.read_bytes(), "statement"), "statement")
    orders = {order.order for order in cashout.orders_of(house.teller, NUMBER)}
    known = {line.order for line in lines if line.order is not None}
    assert (set() if batch or name == "daifa-txt" else orders) == known


def test_a_table_whose_payee_was_exchanged_is_not_accepted(house: House) -> None:
    """What the table does not say, the code of the payee's bank, lies beside it, and is bound by the commitment too."""
    form = form_of("daifa-txt", False)
    prepare(house, form)
    approve(house, form)
    path = file_of(house, form)
    path.write_bytes(path.read_bytes().replace(b"0.00", b"0.01", 1))
    with pytest.raises(InputFault, match="the ledger names a file of digest"):
        accept(house, form)
    approve(house, form)
    beside = openings.path_beside(path)
    assert b'"bank": "102100099996"' in beside.read_bytes()
    beside.write_bytes(beside.read_bytes().replace(b"102100099996", b"103100099996", 1))
    with pytest.raises(InputFault, match="row 1: pays another account than was approved"):
        accept(house, form)


def test_a_table_is_not_taken_for_another_form(house: House) -> None:
    prepare(house, form_of("daifa", False))
    with pytest.raises(InputFault, match="it was stated with payment_file = daifa, "):
        approve(house, form_of("daifa-xlsx", False))
    approve(house, form_of("daifa", False))
    with pytest.raises(InputFault, match=r"it was stated with payment_file = daifa, .*; expected payment_file = pain"):
        accept(house, STANDARD)


def test_another_template_of_the_same_name_is_told_from_the_treasurers(house: House) -> None:
    column = [{"title": name, "field": name} for name in ("account", "name", "amount")]
    own = {"about": "ours", "file": "text", "ending": ".txt", "column": column}
    prepare(house, Table("ours.toml", msgspec.convert(own, Template)))
    with pytest.raises(InputFault, match="made with the treasurer's template; here it is payment_file = ours"):
        approve(house, Table("ours.toml", msgspec.convert(own | {"separator": ";"}, Template)))


def test_a_teller_without_the_template_is_told_that_the_form_is_another(house: House, tmp_path: Path) -> None:
    column = [{"title": name, "field": name} for name in ("account", "name", "amount")]
    own = {"about": "ours", "file": "text", "ending": ".txt", "separator": ";", "column": column}
    (tmp_path / "ours.toml").write_bytes(msgspec.toml.encode(own))
    form = form_of("ours.toml", False, tmp_path)
    prepare(house, form)
    approve(house, form)
    with pytest.raises(InputFault, match=r"CE001-20260915\.txt: is of another form; expected a file for payment_file"):
        accept(house, STANDARD)
    assert CashOutState.ACCEPTED is accept(house, form).state


@pytest.mark.parametrize("name", FORMS)
def test_whoever_has_another_form_approves_nothing_and_is_told_which_one_was_stated(house: House, name: str) -> None:
    prepare(house, FORMS[name])
    with pytest.raises(InputFault) as caught:
        approve(house, STANDARD)
    stated = f"stated with payment_file = {FORMS[name].name}, batch_booking = {str(FORMS[name].batch_booking).lower()}"
    assert stated in str(caught.value)
    assert "expected payment_file = pain.001.001.09, batch_booking = false, as in this" in str(caught.value)
    assert CashOutState.PREPARED is house.treasurer.need(cash_outs, NUMBER).state
    assert CashOutState.INSTRUCTED is approve(house, FORMS[name]).state


@pytest.mark.parametrize("name", FORMS)
def test_a_teller_with_another_form_accepts_nothing_and_is_told_which_one_was_stated(house: House, name: str) -> None:
    prepare(house, FORMS[name])
    approve(house, FORMS[name])
    height = house.ledger.height()
    with pytest.raises(InputFault, match=f"stated with payment_file = {FORMS[name].name}"):
        accept(house, STANDARD)
    assert height == house.ledger.height()
    assert CashOutState.ACCEPTED is accept(house, FORMS[name]).state


@pytest.mark.parametrize("name", ["pain.001.001.09", *shipped()])
def test_a_file_with_a_payment_to_a_person_goes_whole_in_whatever_form_with_what_lies_beside_it(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / f"C1{form_of(name, False).suffix}"
    other = tmp_path / f"C1-2{file.suffix}"
    for path in (file, openings.path_beside(file), other):
        path.touch()
    traces = Traces("W", "E001", "R1", (), (), (), (), frozenset(), ("C1",))
    assert [openings.path_beside(file), file] == list(remove_orders(tmp_path, traces))
    assert [other] == list(tmp_path.iterdir())


def test_settings_name_a_form_or_are_refused() -> None:
    assert STANDARD == form_of("pain.001.001.09", False)
    with pytest.raises(
        InputFault, match=r"consortium.toml, field payment_file: there is no form of payment file 'mt101'"
    ):
        form_of("mt101", False)
