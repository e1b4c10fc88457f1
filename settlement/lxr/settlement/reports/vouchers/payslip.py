"""The payslip (工资条): one worker in one run, with the items of 保障农民工工资支付条例 art. 15.

A wage is paid when the bank has confirmed the credit to the worker's account (art. 11), not when it is credited in LXR.
Name, identity number and contact, which art. 15 also asks for, lie in the union's store, never here.
"""

from collections.abc import Iterable, Iterator

from lxr.chaincode.cashout_records import CashOut, PaymentOrder, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.pricing import Item
from lxr.chaincode.runs import PayLine, PayPart, ShardState, earned, pay_lines, run_shards, runs
from lxr.chaincode.taken import dated
from lxr.chaincode.terms import documents
from lxr.settlement.errors import VoucherFault
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import words_of
from lxr.settlement.reports import pay_words
from lxr.settlement.reports.vouchers.evidence import Evidence
from lxr.settlement.reports.vouchers.history import History, Place
from lxr.settlement.reports.vouchers.voucher import NOT_SHOWN, Draft, Fact, fact, money, party
from lxr.token.fen import yuan

Held = tuple[str, PaymentOrder, CashOut]
"""An order's number, the order, and its cash-out."""


def payslip_places(history: History, number: str) -> set[Place]:
    """Find the run, the worker's pay lines of the year so far, and the payments of this one. number: run/worker."""
    run, worker = number.split("/")
    rows = history.pay_lines(worker)
    this = next((row for row in rows if row.run == run), None)
    if this is None:
        raise VoucherFault("run {run} has no pay line for {worker}", run=run, worker=worker)
    places = history.of(runs, run)
    priced = history.get(pay_lines, run, this.shard)
    for terms, version in _versions(priced.lines.get(worker) if priced else None):
        places |= history.of(documents, terms, version)
    for row in rows:
        if _year(row.run) == _year(run) and (row.block, row.position) <= (this.block, this.position):
            places |= history.of(run_shards, row.run, row.shard)
    _, *credited = sorted(history.of(run_shards, run, this.shard))
    held = [
        (row.number, history.need(payment_orders, row.number), history.need(cash_outs, row.cashout))
        for row in history.orders(worker)
        if credited and (row.block, row.position) > credited[0][:2]
    ]
    for order_number, order, _ in payments(run, this.net_fen, held):
        places |= history.of(payment_orders, order_number) | history.of(cash_outs, order.cashout)
    return places


def payslip_draft(evidence: Evidence, number: str) -> Draft:
    """Return the items of the line, the year so far by the lines shown, and the bank's word on the credit."""
    run_number, worker = number.split("/")
    run = evidence.need(runs, run_number)
    shard, line = _line(evidence, run_number, worker)
    state = evidence.need(run_shards, run_number, shard).state
    facts = [fact("run", "发薪批次", run_number), fact("payday", "发薪日", run.payday)]
    for part in line.parts:
        rules = evidence.need(earned, run.employer, shard, part.terms, part.start).rules
        facts += _part(evidence, part, rules)
    facts.append(money("gross pay", "应发工资", line.gross_fen))
    for taken in line.deductions:
        name = pay_words.DEDUCTIONS[taken.kind]
        facts.append(money(f"{name.en}, order {taken.order}", f"{name.zh} {taken.order}", taken.fen))
    facts += [
        money("net pay", "实发工资", line.net_fen),
        *_year_so_far(evidence, run_number, worker),
        fact("credit in LXR", "LXR 入账", _credit(state)),
        *_paid(evidence, run_number, shard, worker, line.net_fen),
    ]
    parties = [party("employer", "用工单位", run.employer), party("worker", "劳动者", worker)]
    return Draft(Words("Payslip", "工资条"), parties, facts, line.net_fen)


def payments(run: str, net_fen: int, held: Iterable[Held]) -> Iterator[tuple[str, PaymentOrder, int]]:
    """The orders that pay a wage, oldest first, each with its share: the run's own, and those in the place of one that
    came back. What leaves with other money, in a cash-out of whole balances, proves nothing of one wage."""
    open_fen, own = net_fen, set[str]()
    for number, order, cash_out in held:
        if cash_out.run == run or cash_out.retry_of in own:
            own.add(number)
            share_fen = min(open_fen, order.amount_fen)
            if order.state in (PaymentOrderState.HELD, PaymentOrderState.SETTLED):
                open_fen -= share_fen
            if share_fen:
                yield number, order, share_fen


def _line(evidence: Evidence, run: str, worker: str) -> tuple[str, PayLine]:
    for (number, shard), lines in evidence.all(pay_lines, of=worker).items():
        if number == run:
            return shard, lines.lines[worker]
    raise VoucherFault("nothing here wrote a pay line of {worker} in {run}", worker=worker, run=run)


def _versions(line: PayLine | None) -> set[tuple[str, int]]:
    """Return the versions of terms that the items of a line follow."""
    return {(part.terms, item.rules_key) for part in line.parts for item in part.items} if line else set()


def _part(evidence: Evidence, part: PayPart, rules: int) -> list[Fact]:
    """rules: the version of the pay rules by which the period is priced."""
    taken = [day for day, _ in dated(part.taken, part.start)]
    facts = [
        fact("pay period", "工资所属期", Words(f"{part.start} to {part.end}", f"{part.start} 至 {part.end}")),
        fact("version of the pay rules", "计薪规则版本", rules),
        fact("terms", "薪资合约条款", part.terms),
        fact("work time in the period", "工作时间", pay_words.measure_words("minutes", part.minutes)),
        fact("days taken by this run", "本次计入天数", len(taken)),
        fact("which days", "本次计入日期", pay_words.days_words(taken)),
    ]
    if part.dropped:
        days = pay_words.days_words(day for day, _ in dated(part.dropped, part.start))
        facts.append(fact("days corrected since they were paid", "更正日期", days))
    for item in part.items:
        facts += _item(evidence, part.terms, item)
    if part.agreed:
        facts.append(
            fact("paid by", "计薪依据", Words("what was agreed to, which is worth more", "已确认数据（金额较高）"))
        )
    facts += [
        money("earned in the period so far", "本期累计应得", part.earned_fen),
        money("less what earlier runs brought", "减：前次已计", part.before_fen),
        money("due now", "本次应计", part.due_fen),
    ]
    if part.too_much_fen:
        name = "paid too much in the period so far, before what is recovered"
        facts.append(money(name, "本期累计多付（扣回前）", part.too_much_fen))
    if part.kept_back_fen:
        name = "funded and held, for the employer contests it"
        facts.append(money(name, "单位提出争议，已备付暂存", part.kept_back_fen))
    return facts


def _item(evidence: Evidence, terms: str, item: Item) -> tuple[Fact, Fact]:
    """What an item comes to, and its rate, which the terms say: another transaction than the one that priced it."""
    name, quantity = pay_words.rule_words(item.rule), pay_words.quantity_words(item)
    version = pay_words.version_words(terms, item.rules_key)
    document = evidence.get(documents, terms, item.rules_key)
    rate = NOT_SHOWN if document is None else pay_words.rate_words(item.rule, document.rules)
    return (
        money(
            f"{name.en}, {quantity.en} ({version.en})",
            f"应发项目：{name.zh}，{quantity.zh}（{version.zh}）",
            item.amount_fen,
        ),
        fact(f"rate: {name.en} ({version.en})", f"计薪标准：{name.zh}（{version.zh}）", rate),
    )


def _year_so_far(evidence: Evidence, run: str, worker: str) -> list[Fact]:
    """This line and those of the year that were credited before it, with the runs that they are of: a sum is over
    what is shown, and names that."""
    shown = {
        number: record.lines[worker]
        for (number, shard), record in evidence.all(pay_lines, of=worker).items()
        if _year(number) == _year(run)
        and (number == run or evidence.need(run_shards, number, shard).state is ShardState.PAID)
    }
    lines = [*shown.values()]
    kept = [taken for line in lines for taken in line.deductions]
    return [
        fact("year so far, of these runs", "本年累计所含批次", ", ".join(sorted(shown))),
        money("gross pay of those runs", "上列批次应发合计", sum(line.gross_fen for line in lines)),
        money("tax of those runs", "上列批次税款合计", sum(taken.fen for taken in kept if taken.kind == "tax")),
        money(
            "insurance of those runs",
            "上列批次社保合计",
            sum(taken.fen for taken in kept if taken.kind == "insurance"),
        ),
        money(
            "recoveries of those runs",
            "上列批次扣回多付合计",
            sum(taken.fen for taken in kept if taken.kind == "overpaid"),
        ),
        money("net pay of those runs", "上列批次实发合计", sum(line.net_fen for line in lines)),
    ]


def _credit(state: ShardState) -> Words:
    return {
        ShardState.PRICED: NOT_SHOWN,
        ShardState.PAID: Words("yes", "是"),
        ShardState.UNDONE: Words("taken back", "已撤回"),
    }[state]


def _paid(evidence: Evidence, run: str, shard: str, worker: str, net_fen: int) -> list[Fact]:
    facts = []
    settled_fen = 0
    days = []
    for number, order, share_fen in payments(run, net_fen, _held(evidence, run, shard, worker)):
        state, more = words_of("state", order.state), ""
        if order.state is PaymentOrderState.SETTLED:
            assert order.booking is not None  # the line that paid it: day and reference
            days.append(order.booking.partition("/")[0])
            settled_fen += share_fen
            more = order.booking
        elif order.reason is not None:
            more = order.reason
        parts = yuan(share_fen), *filter(None, [more])
        told = Words(", ".join((f"{number}: {state.en}", *parts)), "，".join((f"{number}：{state.zh}", *parts)))
        facts.append(fact("payout", "付款指令", told))
    when: Words | str
    if net_fen == 0:
        when = Words("nothing to pay", "无应付")
    elif settled_fen == net_fen:
        when = max(days)
    else:
        when = NOT_SHOWN
    return [*facts, fact("paid: confirmed by the bank", "已支付：银行确认到账", when)]


def _held(evidence: Evidence, run: str, shard: str, worker: str) -> Iterator[Held]:
    """Yield the worker's orders that were held after the run had credited its shard, as they stand now."""
    credited = False
    for act in evidence.acts:
        held = act.all(
            payment_orders, where=lambda order: order.state is PaymentOrderState.HELD and order.worker == worker
        )
        for (number,), order in held.items() if credited else ():
            yield number, evidence.need(payment_orders, number), evidence.need(cash_outs, order.cashout)
        written = act.wrote(run_shards, run, shard)
        credited = credited or (written is not None and written.state is ShardState.PAID)


def _year(run: str) -> str:
    return run.split("-")[1][:4]
