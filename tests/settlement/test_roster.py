"""An employer's roster: read strictly, kept under random numbers, enrolled by the workers' own keys."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from consortium import House, rehearsal
from lxr.chaincode.registration import worker_number
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.types import digest
from lxr.chaincode.workers import workers
from lxr.settlement.errors import InputFault, PeopleFault
from lxr.settlement.lookups import paid_to
from lxr.settlement.people.roster import enrol, new_account, read_roster, register
from lxr.settlement.rehearsal.month import write_month
from lxr.settlement.work.signing import public_key_of

HEADER = "worker_ref,name,bank_account,bank_code,bank_name\n"
CARD = "6222021234567890128"
GOOD = f"R0001,王伟强,{CARD},102100099996,中国工商银行\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        made.add_employer("E001", shard_size=20)
        yield made


def write(directory: Path, text: str) -> Path:
    path = directory / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "row", "field", "problem"),
    [
        ("worker_ref,name,bank_account,bank_code\nR1,王,1,2\n", 1, "bank_name", "is missing"),
        (HEADER.replace("name,", "name,name,", 1) + GOOD, 1, "name", "is there twice"),
        (HEADER, None, None, "has no data rows"),
        (HEADER + "R0001,王伟强\n", 2, None, "has 2 cells"),
        (HEADER + GOOD + GOOD.replace("王伟强", "李"), 3, "worker_ref", "repeats row 2"),
        (HEADER + GOOD.replace("R0001", " "), 2, "worker_ref", "is blank"),
        (HEADER + GOOD.replace("王伟强", " "), 2, "name", "is blank or cannot be written"),
        (HEADER + GOOD.replace("王伟强", "王\u202e伟"), 2, "name", "cannot be written to a bank"),
        (HEADER + GOOD.replace(CARD, CARD[:-1] + "7"), 2, "bank_account", "fails its check digit"),
        (HEADER + GOOD.replace(CARD, "622202123456"), 2, "bank_account", "is not a card number"),
        (HEADER + GOOD.replace(CARD, "62220212345678901200"), 2, "bank_account", "is not a card number"),
        (HEADER + GOOD.replace(CARD, CARD.replace("6222", "6222 ")), 2, "bank_account", "is not a card number"),
        (HEADER + GOOD.replace("102100099996", "10210009999"), 2, "bank_code", "is not a bank's code"),
        (HEADER + GOOD.replace("中国工商银行", ""), 2, "bank_name", "has ''"),
    ],
)
def test_a_mistake_names_file_row_and_field_and_shows_no_person(
    text: str, row: int | None, field: str | None, problem: str, tmp_path: Path
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputFault) as fault:
        read_roster(path)
    assert (str(path), row, field) == (fault.value.file, fault.value.row, fault.value.field)
    assert problem in str(fault.value.problem)
    assert "王" not in str(fault.value)
    assert "62220" not in str(fault.value)


def test_a_roster_is_read_with_other_columns_passed_over_and_shows_no_person(tmp_path: Path) -> None:
    text = "phone," + HEADER + "13800000000," + GOOD
    (row,) = read_roster(write(tmp_path, text)).rows
    assert ("R0001", "王伟强", CARD) == (row.worker_ref, row.name, row.bank_account)
    assert "RosterRow(…)" == repr(row)


def test_worker_numbers_are_random_of_the_ledgers_form_and_of_another_employer_others() -> None:
    payouts = [digest(number) for number in range(200)]
    numbers = {worker_number(employer, payout, None) for payout in payouts for employer in ("E001", "E002")}
    assert 400 == len(numbers)
    assert all(re.fullmatch(r"W[0-9A-HJKMNP-TV-Z]{12}", number) for number in numbers)


def test_a_roster_again_keeps_those_known_and_adds_those_new(house: House, tmp_path: Path) -> None:
    first = register(house.people, "E001", read_roster(write(tmp_path, HEADER + GOOD)).rows)
    both = HEADER + GOOD.replace("王伟强", "王伟") + GOOD.replace("R0001", "R0002")
    second = register(house.people, "E001", read_roster(write(tmp_path, both)).rows)
    assert ["R0001", "R0002"] == list(second)
    assert first["R0001"] == second["R0001"]
    assert "王伟强" == house.people.get(first["R0001"]).name
    salts = {house.people.get(worker).salt for worker in second.values()}
    assert 2 == len(salts)


def test_enrolling_puts_key_and_commitment_on_the_ledger_and_nothing_else(house: House, tmp_path: Path) -> None:
    files = write_month(tmp_path / "m", 1, date(2026, 8, 1), 1, 40).employers[0]
    numbers = register(house.people, "E001", read_roster(files.roster).rows)
    keys = {worker: ec.generate_private_key(ec.SECP256R1()) for worker in numbers.values()}
    assert 40 == enrol(house.signer("E001"), house.people, "E001", keys)
    for worker, key in keys.items():
        record = house.operator.need(workers, worker)
        person = house.people.get(worker)
        assert ("E001", public_key_of(key), person.payee_commitment) == (
            record.employer,
            record.public_key,
            paid_to(house.operator, worker),
        )
    stored = house.consortium.ledger_path.read_bytes()
    assert person.name.encode() not in stored
    assert person.bank_account.encode() not in stored
    heads = [house.operator.need(shard_heads, "E001", shard) for shard in range(2)]
    assert sorted(keys) == sorted(worker for head in heads for worker in head.workers)


def test_enrolling_again_passes_over_those_on_the_ledger_and_finishes_the_job(house: House, tmp_path: Path) -> None:
    text = HEADER + GOOD + GOOD.replace("R0001", "R0002")
    numbers = register(house.people, "E001", read_roster(write(tmp_path, text)).rows)
    keys = {worker: ec.generate_private_key(ec.SECP256R1()) for worker in numbers.values()}
    half = {numbers["R0001"]: keys[numbers["R0001"]]}
    assert 1 == enrol(house.signer("E001"), house.people, "E001", half)
    assert 1 == enrol(house.signer("E001"), house.people, "E001", keys)
    height = house.ledger.height()
    assert 0 == enrol(house.signer("E001"), house.people, "E001", keys)
    assert height == house.ledger.height()


def test_nobody_is_enrolled_for_an_employer_they_do_not_work_for(house: House, tmp_path: Path) -> None:
    numbers = register(house.people, "E002", read_roster(write(tmp_path, HEADER + GOOD)).rows)
    keys = {worker: ec.generate_private_key(ec.SECP256R1()) for worker in numbers.values()}
    with pytest.raises(PeopleFault, match=f"{numbers['R0001']} does not work for E001"):
        enrol(house.signer("E001"), house.people, "E001", keys)


def test_a_new_account_is_checked_and_has_a_new_commitment(house: House, tmp_path: Path) -> None:
    worker = register(house.people, "E001", read_roster(write(tmp_path, HEADER + GOOD)).rows)["R0001"]
    changed = new_account(house.people, worker, "6222021234567890136", "103100000026", "中国农业银行")
    assert "王伟强" == changed.name
    assert house.people.get(worker).payee_commitment != changed.payee_commitment
    assert house.people.get(worker).salt != changed.salt
    with pytest.raises(InputFault, match=f"account of {worker}, field bank_account: fails its check digit"):
        new_account(house.people, worker, "6222021234567890137", "103100000026", "中国农业银行")
