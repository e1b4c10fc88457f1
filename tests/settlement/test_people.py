"""The store of persons: encrypted each with a key of their own, found without being read, erased for ever."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import astuple, replace

from lxr.chaincode.persons import PersonState
from lxr.settlement.errors import PeopleFault
from lxr.settlement.people.person import Account, Person, commitment
from lxr.settlement.people.store import People, holds

PASSPHRASE = b"open sesame"
WANG = Person(
    worker="W000000000001",
    employer="E001",
    worker_ref="R0001",
    name="王伟强",
    bank_account="6222021234567890128",
    bank_code="102100099996",
    bank_name="中国工商银行",
    salt="5a" * 32,
)
LI = replace(WANG, worker="W000000000002", worker_ref="R0002", name="李梓晨", salt="7b" * 32)
SECRETS = (WANG.name, WANG.bank_account, WANG.worker_ref, WANG.bank_name, WANG.salt)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with People.open(f"sqlite:///{tmp_path / 'store.db'}", PASSPHRASE) as opened:
        opened.add([WANG, LI])
        yield opened


def test_a_commitment_is_the_same_for_the_same_account_and_another_for_any_change() -> None:
    salt = bytes(32)
    one = commitment("6222021234567890128", "王伟强", "102100099996", salt)
    assert "bf082a419e96b87a7854231adb2c05a69a0abf9c91b18385208731b5e9c5c868" == one  # by openssl dgst -mac HMAC
    others = {
        commitment("6222021234567890136", "王伟强", "102100099996", salt),
        commitment("6222021234567890128", "王伟", "102100099996", salt),
        commitment("6222021234567890128", "王伟强", "103100000026", salt),
        commitment("6222021234567890128", "王伟强", "102100099996", bytes(31) + b"\1"),
    }
    assert 5 == len(others | {one})


def test_persons_come_back_as_they_were_kept_after_the_store_was_closed(people: People, tmp_path: Path) -> None:
    people.close()
    with People.open(f"sqlite:///{tmp_path / 'store.db'}", PASSPHRASE) as again:
        assert WANG == again.get(WANG.worker)
        assert {LI.worker: LI, WANG.worker: WANG} == again.get_many([LI.worker, WANG.worker])
        assert {"R0001": WANG.worker, "R0002": LI.worker} == again.workers_of("E001")
        assert {} == again.workers_of("E002")


def test_nothing_of_a_person_is_in_the_file_in_the_clear(people: People, tmp_path: Path) -> None:
    people.close()
    stored = (tmp_path / "store.db").read_bytes()
    for secret in SECRETS:
        assert secret.encode() not in stored
        if len(secret) == 64:
            assert bytes.fromhex(secret) not in stored


def test_a_person_shows_nothing_but_the_number() -> None:
    assert "Person(W000000000001)" == repr(WANG) == str(WANG)


def test_a_worker_is_found_by_the_employers_own_number(people: People) -> None:
    assert {"R0002": LI.worker} == people.find("E001", ["R0002", "R0003"])
    assert {} == people.find("E002", ["R0002"])


@pytest.mark.parametrize("passphrase", [b"open barley", b"open sesame ", b"\0"])
def test_a_wrong_passphrase_is_refused_in_one_line(people: People, passphrase: bytes, tmp_path: Path) -> None:
    with pytest.raises(PeopleFault) as fault:
        People.open(f"sqlite:///{tmp_path / 'store.db'}", passphrase)
    assert "wrong passphrase for the store of persons" == str(fault.value)
    assert WANG == people.get(WANG.worker)


@pytest.mark.parametrize(
    ("url", "passphrase", "problem"),
    [
        ("sqlite://", b"", "passphrase of the store of persons is empty"),
        ("store.db", PASSPHRASE, "no valid URL"),
        ("nosuch://store.db", PASSPHRASE, "no valid URL"),
        ("sqlite:////no/such/place/store.db", PASSPHRASE, "cannot be used: unable to open database file"),
    ],
)
def test_a_store_that_cannot_be_opened_is_named_in_one_line(url: str, passphrase: bytes, problem: str) -> None:
    with pytest.raises(PeopleFault, match=problem) as fault:
        People.open(url, passphrase)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(replace(WANG, worker_ref="R0009"), id="the same number"),
        pytest.param(replace(WANG, worker="W000000000009"), id="the same reference"),
    ],
)
def test_a_person_twice_is_refused_with_all_that_came_along_and_no_data_is_shown(people: People, again: Person) -> None:
    new = replace(WANG, worker="W000000000003", worker_ref="R0003")
    with pytest.raises(PeopleFault) as fault:
        people.add([new, again])
    assert "a person is in the store already, by number or by the employer's reference" == str(fault.value)
    with pytest.raises(PeopleFault, match="nobody is known as W000000000003"):
        people.get(new.worker)


def test_the_same_reference_at_another_employer_is_another_person(people: People) -> None:
    other = replace(WANG, worker="W000000000003", employer="E002")
    people.add([other])
    assert {"R0001": other.worker} == people.workers_of("E002")


def test_an_erased_person_is_unreadable_for_ever_and_the_others_stay(people: People, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "store.db")
    (wrapped,) = connection.execute("SELECT wrapped_key FROM person WHERE worker = ?", (WANG.worker,)).fetchone()
    people.erase(WANG.worker)
    people.erase(WANG.worker)
    with pytest.raises(PeopleFault, match=r"\Athe person behind W000000000001 is erased\Z"):
        people.get(WANG.worker)
    assert {"R0002": LI.worker} == people.workers_of("E001")
    assert {} == people.find("E001", ["R0001"])
    (gone,) = connection.execute("SELECT wrapped_key FROM person WHERE worker = ?", (WANG.worker,)).fetchone()
    connection.close()
    assert gone is None
    people.close()
    assert wrapped not in (tmp_path / "store.db").read_bytes()


def test_after_an_erasure_the_same_reference_can_be_taken_on_again_under_a_new_number(people: People) -> None:
    people.erase(WANG.worker)
    back = replace(WANG, worker="W000000000003")
    people.add([back])
    assert {"R0001": back.worker, "R0002": LI.worker} == people.workers_of("E001")


def test_a_changed_account_has_another_commitment_and_the_person_stays(people: People) -> None:
    people.change_account(WANG.worker, "6222021234567890136", "103100000026", "中国农业银行", "6c" * 32)
    changed = people.get(WANG.worker)
    assert (WANG.name, "6222021234567890136", "103100000026") == (changed.name, changed.bank_account, changed.bank_code)
    assert WANG.payee_commitment != changed.payee_commitment


def test_what_is_sealed_for_one_person_does_not_open_in_anothers_row(people: People, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "store.db")
    swapped = "UPDATE person SET (wrapped_key, sealed) = (SELECT wrapped_key, sealed FROM person WHERE worker = ?)"
    connection.execute(f"{swapped} WHERE worker = ?", (LI.worker, WANG.worker))
    connection.commit()
    connection.close()
    with pytest.raises(PeopleFault, match="the record of W000000000001 is damaged"):
        people.get(WANG.worker)


def test_a_blocked_person_is_given_out_by_one_call_only_and_found_by_no_number_of_the_employers(people: People) -> None:
    people.block(WANG.worker)
    people.block(WANG.worker)
    calls: tuple[Callable[[], object], ...] = (
        lambda: people.get(WANG.worker),
        lambda: people.get_many([LI.worker, WANG.worker]),
        lambda: people.change_account(WANG.worker, WANG.bank_account, WANG.bank_code, WANG.bank_name, "00" * 32),
    )
    for call in calls:
        with pytest.raises(PeopleFault, match=f"the person behind {WANG.worker} is blocked"):
            call()
    assert ({}, {"R0002": LI.worker}) == (people.find("E001", ["R0001"]), people.workers_of("E001"))
    assert (PersonState.BLOCKED, WANG) == (people.state(WANG.worker), people.get_blocked(WANG.worker))
    people.unblock(WANG.worker)
    assert (PersonState.OPEN, WANG) == (people.state(WANG.worker), people.get(WANG.worker))


def test_whose_number_another_one_has_by_now_is_found_by_the_workers_number_alone(people: People) -> None:
    people.block(WANG.worker)
    other = replace(WANG, worker="W000000000003", salt="9c" * 32)
    people.add([other])
    people.unblock(WANG.worker)
    assert (PersonState.OPEN, WANG) == (people.state(WANG.worker), people.get(WANG.worker))
    assert {"R0001": other.worker} == people.find("E001", ["R0001"])
    assert {"R0001": other.worker, "R0002": LI.worker} == people.workers_of("E001")


def test_random_bytes_are_drawn_once_sealed_and_gone_once_destroyed(people: People, tmp_path: Path) -> None:
    with pytest.raises(PeopleFault, match="are not in the store of persons"):
        people.blind("CE001-1")
    drawn = people.draw_blind("CE001-1")
    assert (32, drawn, drawn) == (len(drawn), people.draw_blind("CE001-1"), people.blind("CE001-1"))
    assert drawn != people.draw_blind("CE001-2")
    stored = (tmp_path / "store.db").read_bytes()
    assert drawn not in stored
    people.destroy_blinds(["CE001-1", "CE001-9"])
    with pytest.raises(PeopleFault, match="are not in the store of persons"):
        people.blind("CE001-1")


A = WANG.account
B = Account("6222021234567890136", "103100000026", "中国农业银行", "00" * 32)
A_AGAIN = replace(A, salt="01" * 32)


@pytest.mark.parametrize(
    ("taken", "kept"),
    [
        pytest.param([A], [A], id="the one in use"),
        pytest.param([B], [B, A], id="another"),
        pytest.param([B, B], [B, A], id="another, twice"),
        pytest.param([B, A_AGAIN], [A_AGAIN, A, B], id="back, under another salt"),
        pytest.param([B, A, B], [B, A], id="there and back and there"),
    ],
)
def test_each_account_of_a_person_is_kept_once_and_found_by_its_commitment(
    people: People, taken: list[Account], kept: list[Account]
) -> None:
    for account in taken:
        people.change_account(WANG.worker, *astuple(account))
    person = people.get(WANG.worker)
    assert (taken[-1], tuple(kept)) == (person.account, person.accounts)
    for each in kept:
        payout = commitment(each.bank_account, WANG.name, each.bank_code, bytes.fromhex(each.salt))
        assert each == person.behind(payout)
    assert person.behind("ab" * 32) is None
    assert not any(each.bank_account in repr(person.accounts) or each.salt in repr(person.accounts) for each in kept)


def test_a_record_of_a_person_as_0_3_0_has_kept_it_is_read() -> None:
    """It has no accounts of before."""
    kept = (
        '{"worker":"W000000000001","employer":"E001","worker_ref":"R0001","name":"王伟强","bank_account":'
        '"6222021234567890128","bank_code":"102100099996","bank_name":"中国工商银行","salt":"%s"}'
    )
    assert WANG == msgspec.json.decode(kept % WANG.salt, type=Person)


@pytest.mark.parametrize("name", ["store.db", "copy#1.db", "copy?.db", "copy%41.db"])
def test_a_copy_of_the_store_is_found_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    with People.open(f"sqlite:///{tmp_path}/first.db", b"passphrase") as people:
        people.add([WANG])
    place = tmp_path / "copies"
    place.mkdir()
    shutil.copy(tmp_path / "first.db", place / name)
    assert holds(place / name, WANG.worker)
    assert os.listdir(place) == [name]
