"""The form of a payment file is agreed upon: who has another one in consortium.toml approves and accepts nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from consortium import House, rehearsal
from iso20022 import what_is_not_valid
from lxr.chaincode.cashout_records import CashOutState, cash_outs
from lxr.settlement.bank import instruction
from lxr.settlement.bank.formats.recognised import message_in
from lxr.settlement.bank.instruction import Instruction
from lxr.settlement.bank.payment_forms import STANDARD, Pain001, PaymentForm, form_of
from lxr.settlement.errors import InputFault
from lxr.settlement.people.person import commitment
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
    house.deposit("E001", 10_000_000)
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


def test_settings_name_a_form_or_are_refused() -> None:
    assert STANDARD == form_of("pain.001.001.09", False)
    with pytest.raises(
        InputFault, match=r"consortium.toml, field payment_file: there is no form of payment file 'mt101'"
    ):
        form_of("mt101", False)
