"""What payday and sweep say of a service fee that the employer's account did not hold."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from lxr.chaincode.runs import RunState, Totals
from lxr.cli.commands.payday import show_payday, show_sweep
from lxr.cli.ends import NotDone
from lxr.cli.screen import Screen
from lxr.settlement.pay.payday import PaydayReport, SweepReport

RUN = "E001-20260915"
LATER = f"once it is deposited and the bank has accepted the cash-out, take it with lxr union payday sweep {RUN}"


def desk() -> Any:
    return SimpleNamespace(screen=Screen(as_json=False))


def report(state: RunState, *, paid: int, short_fen: int = 0, owed_fen: int = 0) -> PaydayReport:
    return PaydayReport(
        run=RUN,
        employer="E001",
        payday=date(2026, 9, 15),
        state=state,
        totals=Totals(lines=3, gross_fen=100_00, net_fen=100_00, fee_fen=4_74),
        paid=paid,
        short_fen=short_fen,
        fee_owed_fen=owed_fen,
        cash_out=None,
    )


@pytest.mark.parametrize(
    ("owed_fen", "title", "said"),
    [
        (0, "paid", ""),
        (1_20, "wages paid, fee owed", f"  1.20 of the service fee of {RUN} is owed: {LATER}"),
    ],
)
def test_a_payday_whose_fee_is_owed_says_that_the_wages_are_paid_and_how_the_fee_is_taken(
    capsys: pytest.CaptureFixture[str], owed_fen: int, title: str, said: str
) -> None:
    show_payday(desk(), report(RunState.FUNDED, paid=3, owed_fen=owed_fen), dry_run=False)
    lines = capsys.readouterr().out.splitlines()
    assert f"{RUN}: {title}" == lines[0].rstrip()
    assert said in lines if said else not any("owed" in line for line in lines)


@pytest.mark.parametrize(
    ("owed_fen", "said"), [(0, []), (1_20, [f"  1.20 of the service fee of {RUN} is owed: {LATER}"])]
)
def test_a_sweep_that_leaves_a_fee_owed_says_so(
    capsys: pytest.CaptureFixture[str], owed_fen: int, said: list[str]
) -> None:
    show_sweep(desk(), SweepReport(RUN, RunState.SWEPT, owed_fen))
    assert [f"{RUN}: swept", *said] == capsys.readouterr().out.splitlines()


def test_a_short_payday_names_what_is_missing_for_the_wages_and_for_the_fee() -> None:
    with pytest.raises(NotDone) as refused:
        show_payday(desk(), report(RunState.SHORT, paid=0, short_fen=7_00), dry_run=False)
    said = f"{RUN} is short of 7.00 for the wages, and of 4.74 for the service fee on top: deposit, then resume"
    assert said == str(refused.value)
