"""Which part-time work is told to go beyond the law's hours."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.chaincode.contract_types import ContractType, IncomeClass
from lxr.chaincode.pay_rules import PerTime
from lxr.chaincode.paydays import Weekly
from lxr.settlement.work.working_time import long_hours
from parties import aug
from termsdocuments import terms_document


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        ({3: 240, 4: 240}, []),
        ({3: 241, 4: 240}, [(aug(1), False, 2, 240)]),
        (dict.fromkeys(range(3, 9), 240), []),
        (dict.fromkeys(range(3, 10), 240), [(aug(3), True, 7, 1680)]),
        (dict.fromkeys(range(7, 14), 240), []),
        ({3: 0, 4: 500}, [(aug(1), False, 1, 500)]),
    ],
)
@pytest.mark.parametrize("kind", [ContractType.PART_TIME, ContractType.PLATFORM_MANAGED])
def test_only_part_time_days_and_weeks_beyond_the_law_are_told(
    house: House, kind: ContractType, minutes: dict[int, int], found: list[tuple[date, bool, int, int]]
) -> None:
    paper = terms_document(
        rules=(PerTime(2_600, 60),),
        payday=Weekly(3),
        contract_type=kind,
        income_class=IncomeClass.WAGES if kind is ContractType.PART_TIME else IncomeClass.SERVICE,
        withholding_agent="employer",
        minimum_wage_place="510100-1",
    )
    team = house.employ(1, shards=1, document=paper)
    for day, worked in minutes.items():
        house.clock.go(aug(day))
        house.work(aug(day), team.rows(minutes=worked))
    told = [(each.since, each.weekly, each.days, each.minutes) for each in long_hours(house.operator, "E001", aug(5))]
    assert (found if kind is ContractType.PART_TIME else []) == told
