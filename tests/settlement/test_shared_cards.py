"""Cards of several workers: refused under two names of one employer, told under one, listed across employers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.settlement.errors import PeopleFault
from lxr.settlement.people.known_rows import KeptAsBefore
from lxr.settlement.people.roster import RosterRow, new_account, not_taken_over, register
from lxr.settlement.people.shared_cards import shared_cards

CARD, OTHER, OTHER_OF_R3 = "6222021234567890128", "6200000000123456782", "6200000000234567899"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def row(ref: str, name: str, card: str = CARD) -> RosterRow:
    return RosterRow(ref, name, card, "102100099996", "中国工商银行")


@pytest.mark.parametrize(
    "rosters",
    [
        [[row("R1", "张三"), row("R2", "李四")]],
        [[row("R1", "张三")], [row("R2", "李四")]],
        [[row("R1", "张三"), row("R2", "张三")], [row("R3", "李四"), row("R4", "王五", OTHER)]],
    ],
)
def test_a_card_under_another_name_of_the_employer_is_refused_and_nobody_of_that_roster_is_kept(
    house: House, rosters: list[list[RosterRow]]
) -> None:
    *earlier, last = rosters
    for rows in earlier:
        register(house.people, "E001", rows)
    before = house.people.workers_of("E001")
    with pytest.raises(PeopleFault, match="under another name"):
        register(house.people, "E001", last)
    assert before == house.people.workers_of("E001")


def listed(house: House, employer: str | None = None) -> dict[str, bool]:
    """Who shares a card, and whether under one name."""
    return {
        " ".join(f"{each.employer}/{each.worker_ref}" for each in card.holders): card.one_name
        for card in shared_cards(house.people, employer)
    }


def test_a_card_under_one_name_is_told_and_across_employers_listed_with_its_names(house: House) -> None:
    register(house.people, "E001", [row("R1", "张三"), row("R2", "张三"), row("R3", "王五", OTHER)])
    register(house.people, "E002", [row("R9", "赵六", OTHER)])
    assert {"E001/R1 E001/R2": True} == listed(house, "E001")
    assert {"E001/R1 E001/R2": True, "E001/R3 E002/R9": False} == listed(house)


def test_a_roster_given_again_is_no_second_holder(house: House) -> None:
    for _ in range(2):
        register(house.people, "E001", [row("R1", "张三")])
    assert () == shared_cards(house.people)


def test_an_account_is_changed_to_no_card_that_the_employer_has_under_another_name(house: House) -> None:
    numbers = register(
        house.people, "E001", [row("R1", "张三"), row("R2", "李四", OTHER), row("R3", "张三", OTHER_OF_R3)]
    )
    bank = ("102100099996", "中国工商银行")
    with pytest.raises(PeopleFault, match="R2 has the card of R1, under another name"):
        new_account(house.people, numbers["R2"], CARD, *bank)
    assert CARD == new_account(house.people, numbers["R3"], CARD, *bank).bank_account


def test_a_number_of_somebody_else_is_given_to_nobody_new_and_what_is_not_taken_over_is_told(house: House) -> None:
    register(house.people, "E001", [row("R1", "张三"), row("R2", "李四", OTHER)])
    with pytest.raises(PeopleFault, match="R1 is known with another name and another card"):
        register(house.people, "E001", [row("R1", "王五", OTHER_OF_R3), row("R9", "赵六", "6200000000456789015")])
    assert ["R1", "R2"] == list(house.people.workers_of("E001"))
    again = [row("R1", "张三丰"), row("R2", "李四", OTHER_OF_R3), row("R3", "王五", "6200000000456789015")]
    told = KeptAsBefore("R1", True, False), KeptAsBefore("R2", False, True)
    assert told == not_taken_over(house.people, "E001", again)
    numbers = register(house.people, "E001", again)
    kept = [house.people.get(numbers[ref]) for ref in ("R1", "R2")]
    assert [("张三", CARD), ("李四", OTHER)] == [(person.name, person.bank_account) for person in kept]
