"""The voucher of a run: funded, short, credited or taken back, as it stood after its last transaction."""

from typing import Final

from lxr.chaincode.parts import SUMS
from lxr.chaincode.runs import Arrears, Run, RunState, ShardState, arrears, earned, run_shards, runs
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import words_of
from lxr.settlement.reports.vouchers.evidence import Evidence
from lxr.settlement.reports.vouchers.history import History, Place
from lxr.settlement.reports.vouchers.voucher import NOT_SHOWN, Draft, clock, fact, money, party

_TITLES: Final = {
    RunState.OPEN: Words("Payday run opened", "发薪批次开立凭证"),
    RunState.SHORT: Words("Payday run short: wages in arrears", "发薪资金不足凭证（欠薪）"),
    RunState.FUNDED: Words("Payday run funded", "发薪资金到位凭证"),
    RunState.SWEPT: Words("Payday run credited and swept", "发薪批次完成凭证"),
    RunState.REVERSING: Words("Payday run being taken back", "发薪批次撤回中凭证"),
    RunState.REVERSED: Words("Payday run taken back", "发薪批次撤回凭证"),
}
_CREDITED: Final = Words("Payday run credited", "发薪批次入账凭证")
assert _TITLES.keys() == set(RunState)


def run_places(history: History, number: str) -> set[Place]:
    """Find where a run stands. number: of the run."""
    run = history.need(runs, number)
    shards = (history.of(run_shards, number, shard) for shard in range(run.shards))
    return history.of(runs, number).union(history.of(arrears, number), *shards)


def run_draft(evidence: Evidence, number: str) -> Draft:
    """Return the run and its sums.

    The amount: what was credited, what moved from the employer, is missing, or went back.
    """
    run = evidence.need(runs, number, of=SUMS)
    states = [shard.state for key, shard in evidence.all(run_shards).items() if key[0] == number]
    credited = run.state is RunState.FUNDED and states.count(ShardState.PAID) == run.shards
    owed = evidence.get(arrears, number)
    versions = {period.rules for period in evidence.all(earned).values()}
    facts = [
        fact("payday", "发薪日", run.payday),
        fact("state", "状态", Words("credited", "已入账") if credited else words_of("state", run.state, "run")),
        *(fact(f"work under {part.terms} up to", f"{part.terms} 截止日期", part.cut_off) for part in run.parts),
        *(fact("version of the pay rules", "计薪规则版本", version) for version in sorted(versions)),
        fact("shards shown as credited", "此处出示已入账的分片", f"{states.count(ShardState.PAID)} / {run.shards}"),
    ]
    if run.state is not RunState.OPEN:
        facts += [
            fact("pay lines", "工资条数", run.totals.lines),
            money("gross pay", "应发合计", run.totals.gross_fen),
            money("tax kept back", "代扣税款", run.totals.tax_fen),
            money("insurance kept back", "代扣社保", run.totals.insurance_fen),
            money("recovered of what was overpaid", "扣回多付", run.totals.recovered_fen),
            money("net pay", "实发合计", run.totals.net_fen),
            money("service fee", "服务费", run.totals.fee_fen),
            money("service fee still owed", "欠缴服务费", run.fee_owed_fen),
        ]
    if owed is not None:
        facts += [
            money("wages needed", "应备工资", owed.needed_fen),
            money("in the employer's account", "账户余额", owed.had_fen),
            fact("in arrears since", "欠薪起始", clock(owed.since_ms)),
            fact("arrears cured", "欠薪补足", NOT_SHOWN if owed.cured_ms is None else clock(owed.cured_ms)),
        ]
    if run.reason is not None:
        facts.append(fact("reason", "原因", run.reason))
    title = _CREDITED if credited else _TITLES[run.state]
    amount_fen = _amount_fen(run, owed, credited)
    return Draft(
        title, [party("employer", "用工单位", run.employer), party("run", "发薪批次", number)], facts, amount_fen
    )


def _amount_fen(run: Run, owed: Arrears | None, credited: bool) -> int | None:
    if credited or run.state is RunState.SWEPT:
        return run.totals.net_fen
    if run.state is RunState.FUNDED:
        return run.totals.gross_fen - run.totals.recovered_fen + run.totals.fee_fen - run.fee_owed_fen
    if run.state is RunState.SHORT:
        return None if owed is None else owed.needed_fen - owed.had_fen
    if run.state is RunState.REVERSED:
        return run.returned_fen
    return None
