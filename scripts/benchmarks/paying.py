"""The end of a month as the treasury calls it, and how long each stage of it takes."""

import time
from typing import Final

from benchmarks.months import Size
from benchmarks.union import Union
from benchmarks.workload import Figures, Phase, timed
from lxr.settlement.pay.many_paydays import paydays
from lxr.settlement.pay.payday import PaydayReport
from lxr.settlement.work import answers
from treasury import PAYDAY as PAYDAY_DATE

CERTIFY, PRICE, FUND, PAY, HOLD = STAGES = ("certify", "price", "fund", "pay", "hold")
PAYDAY: Final = "payday"
PAYDAY_STAGES: Final = (PRICE, FUND, PAY)
"""Those of one call, which looks first whether a row is left that nobody has certified."""
PAID: Final = "price, fund and pay (workers/s)"
TOGETHER: Final = "all five stages (workers/s)"

Stages = dict[str, float]
"""Seconds by stage."""


def certify_s(union: Union, size: Size) -> Stages:
    """The union's word on every row of the month, of all employers one after the other."""
    with timed() as took:
        for number in size.numbers:
            answers.certify(union.operator, number, size.dates)
    return {CERTIFY: took.s}


def pay_s(union: Union, size: Size) -> Stages:
    """Runs are opened, priced, funded and paid, of all employers in one call."""
    began = time.perf_counter()
    reports = paydays(union.treasurer, union.operator, size.numbers, PAYDAY_DATE, cash_out=False)
    ended = time.perf_counter()
    for report in reports:
        assert isinstance(report, PaydayReport), report
        assert report.paid == size.each, report
    ((funding, funded),) = union.treasurer.funding
    return dict(zip(PAYDAY_STAGES, (funding - began, funded - funding, ended - funded), strict=True))


def hold_s(union: Union, size: Size) -> Stages:
    """The wages are held for the bank, of all employers in one call."""
    with timed() as took:
        reports = paydays(union.treasurer, union.operator, size.numbers, PAYDAY_DATE)
    for report in reports:
        assert isinstance(report, PaydayReport), report
        assert report.cash_out is not None
        assert report.cash_out.orders == size.each, report.cash_out
    return {HOLD: took.s}


def month_end(union: Union, size: Size, phase: Phase) -> Figures:
    """All five stages, each by itself and together."""
    spent_s: Stages = {}
    for name, work in ((CERTIFY, certify_s), (PAYDAY, pay_s), (HOLD, hold_s)):
        with phase(name):
            spent_s |= work(union, size)
    assert tuple(spent_s) == STAGES
    paid_s = sum(spent_s[stage] for stage in PAYDAY_STAGES)
    return {
        **{f"{stage} (s)": stage_s for stage, stage_s in spent_s.items()},
        **{f"{stage} (workers/s)": size.workers / stage_s for stage, stage_s in spent_s.items()},
        "price, fund and pay (s)": paid_s,
        PAID: size.workers / paid_s,
        "all five stages (s)": sum(spent_s.values()),
        TOGETHER: size.workers / sum(spent_s.values()),
    }
