"""The refusals of money at the bank that have several causes: a whole sentence for each, in English and Chinese."""

from typing import ClassVar

from ..token.refusal import Refusal


class BookingDiffers(Refusal):
    """The booking reference is on the ledger with other facts."""

    code = 45
    cases: ClassVar = {
        "booked": (
            "booking {booking} stands on statement {there} as {kind}, {amount_fen} fen; statement {statement} has it "
            "again",
            "入账 {booking} 已载于对账单 {there}（{kind}，{amount_fen} 分），又出现在对账单 {statement} 中",
        ),
        "part": (
            "{booking} is the reference of a part of a line, which no line can have",
            "{booking} 是拆分部分的编号，对账单行不能使用",
        ),
        "opening": (
            "{booking} is the reference of the opening balance, which no line can have",
            "{booking} 是期初余额的编号，对账单行不能使用",
        ),
    }


class PaymentOrderDiffers(Refusal):
    """The bank's line does not fit the order that it names."""

    code = 46
    cases: ClassVar = {
        "not_held": (
            "order {order} is {state}: only an order that is held can be paid or rejected",
            "付款指令 {order} 状态为{state}：仅已冻结的指令可以支付或拒付",
        ),
        "not_settled": (
            "order {order} is {state}: only an order that is settled can come back",
            "付款指令 {order} 状态为{state}：仅已支付的指令可以退回",
        ),
        "amount": (
            "order {order} is of {amount_fen} fen, and the bank's line of {given_fen} fen",
            "付款指令 {order} 为 {amount_fen} 分，而银行所载为 {given_fen} 分",
        ),
        "custody": (
            "order {order} is paid from custody account {custody}, not from {given}",
            "付款指令 {order} 由托管账户 {custody} 支付，不是 {given}",
        ),
        "not_accepted": (
            "order {order} is of cash-out {cashout}, which is {state}: the bank has to accept it first",
            "付款指令 {order} 属于结转 {cashout}，该结转状态为{state}：须先由银行受理",
        ),
        "cashout": (
            "order {order} is of cash-out {cashout}, not of {given}",
            "付款指令 {order} 属于结转 {cashout}，不属于 {given}",
        ),
        "twice": ("order {order} is named twice", "付款指令 {order} 重复列出"),
        "not_back": (
            "order {order} is {state}: only one that came back or was rejected is paid again",
            "付款指令 {order} 状态为{state}：仅退回或被拒付的指令可以重新支付",
        ),
        "other_worker": (
            "order {order} pays none of the workers that are named",
            "付款指令 {order} 的收款人不在所列劳动者之中",
        ),
    }


class StatementGap(Refusal):
    """Statements come in sequence, each opening where the last one closed."""

    code = 47
    retryable = True
    cases: ClassVar = {
        "number": (
            "statement {sequence} of {custody} does not follow: the next one is number {next}",
            "{custody} 的对账单 {sequence} 不连续：下一份应为第 {next} 份",
        ),
        "opening": (
            "statement {sequence} of {custody} does not follow: it opens with {opening_fen} fen, the last one closed "
            "with {closing_fen}",
            "{custody} 的对账单 {sequence} 不连续：期初为 {opening_fen} 分，而上一份期末为 {closing_fen} 分",
        ),
        "day": (
            "statement {sequence} of {custody} does not follow: it is of {day}, the last one of {closing_day}",
            "{custody} 的对账单 {sequence} 不连续：日期为 {day}，而上一份为 {closing_day}",
        ),
        "first_lines": (
            "statement {sequence} of {custody} does not go on: it opens with {opening_fen} fen, its first lines with "
            "{booked_fen}",
            "{custody} 的对账单 {sequence} 与已入账部分不符：期初为 {opening_fen} 分，而已入账部分为 {booked_fen} 分",
        ),
        "line": (
            "statement {sequence} of {custody} does not go on: lines up to {done} are booked, these begin at {first}",
            "{custody} 的对账单 {sequence} 与已入账部分不符：已入账 {done} 行，而本次自第 {first} 行之后起",
        ),
        "lines": (
            "statement {sequence} of {custody} has more lines than the {entries} that it names",
            "{custody} 的对账单 {sequence} 的行数多于其所载的 {entries} 行",
        ),
    }


class StatementDoesNotAdd(Refusal):
    """Opening balance and entries do not give the closing balance, or not the ledger's supply."""

    code = 48
    en = "statement {sequence} of {custody}: opening and entries give {sum_fen} fen, it closes with {closing_fen}"
    zh = "{custody} 的对账单 {sequence}：期初与明细合计 {sum_fen} 分，而期末为 {closing_fen} 分"


class PeriodNotReady(Refusal):
    """Something in the period is still open."""

    code = 50
    retryable = True
    cases: ClassVar = {
        "next": (
            "period {period} cannot be closed: months close in order, the next one is {next}",
            "期间 {period} 不能关闭：月份须按序关闭，下一个是 {next}",
        ),
        "not_over": ("period {period} cannot be closed: it is not over", "期间 {period} 不能关闭：该月尚未结束"),
        "not_signed": (
            "period {period} cannot be closed: the bank has not signed what {last} carries over",
            "期间 {period} 不能关闭：银行尚未会签 {last} 转入下月的事项",
        ),
        "no_statement": (
            "period {period} cannot be closed: there is no statement of the bank yet",
            "期间 {period} 不能关闭：尚无银行对账单",
        ),
        "statements": (
            "period {period} cannot be closed: the bank's statements end on {closing_day}",
            "期间 {period} 不能关闭：银行对账单止于 {closing_day}",
        ),
        "in_part": (
            "period {period} cannot be closed: statement {statement} is booked in part",
            "期间 {period} 不能关闭：对账单 {statement} 仅部分入账",
        ),
        "twice": (
            "period {period} cannot be closed: {kind} {name} is named twice",
            "期间 {period} 不能关闭：{kind} {name} 重复列出",
        ),
        "not_open": (
            "period {period} cannot be closed: {kind} {name}, named with {named_fen} fen, is not open",
            "期间 {period} 不能关闭：{kind} {name}（列为 {named_fen} 分）并非未结",
        ),
        "other_fen": (
            "period {period} cannot be closed: {kind} {name}, named with {named_fen} fen, is open with {there_fen} fen",
            "期间 {period} 不能关闭：{kind} {name} 列为 {named_fen} 分，实际未结 {there_fen} 分",
        ),
        "payments": (
            "period {period} cannot be closed: payments that the bank has sum to {there_fen} fen, {named_fen} are "
            "named",
            "期间 {period} 不能关闭：在途付款合计 {there_fen} 分，仅列出 {named_fen} 分",
        ),
        "came_back": (
            "period {period} cannot be closed: wages that came back sum to {there_fen} fen, {named_fen} are named",
            "期间 {period} 不能关闭：退回的工资合计 {there_fen} 分，仅列出 {named_fen} 分",
        ),
        "platform": (
            "period {period} cannot be closed: payments of the platform that came back sum to {there_fen} fen, "
            "{named_fen} are named",
            "期间 {period} 不能关闭：退回的平台付款合计 {there_fen} 分，仅列出 {named_fen} 分",
        ),
        "rest": (
            "period {period} cannot be closed: {kind} is one item, of what is more than the {most} that are named "
            "singly",
            "期间 {period} 不能关闭：{kind}只能合并为一项，且须先逐项列出 {most} 项",
        ),
        "credits": (
            "period {period} cannot be closed: credits that nobody knows sum to {there_fen} fen, {named_fen} are named",
            "期间 {period} 不能关闭：待认定贷方合计 {there_fen} 分，仅列出 {named_fen} 分",
        ),
        "debits": (
            "period {period} cannot be closed: debits that nobody knows sum to {there_fen} fen, {named_fen} are named",
            "期间 {period} 不能关闭：待认定借方合计 {there_fen} 分，仅列出 {named_fen} 分",
        ),
        "shortfalls": (
            "period {period} cannot be closed: shortfalls sum to {there_fen} fen, {named_fen} are named",
            "期间 {period} 不能关闭：短缺合计 {there_fen} 分，仅列出 {named_fen} 分",
        ),
        "deposit": (
            "period {period} cannot be closed: deposit {name} of {amount_fen} fen is on no statement",
            "期间 {period} 不能关闭：存款 {name}（{amount_fen} 分）未经对账单确认",
        ),
        "run": (
            "period {period} cannot be closed: run {name} is not finished",
            "期间 {period} 不能关闭：发薪批次 {name} 未完成",
        ),
    }


class LineDiffers(Refusal):
    """What is said of a statement's line does not fit it."""

    code = 62
    cases: ClassVar = {
        "order": (
            "line {line} bears the id of order {order}, and is no line of {number}",
            "对账单行 {line} 载有付款指令 {order} 的编号，不是 {number} 的付款或退回",
        ),
        "debit": (
            "line {line} is a debit, and a debit is no deposit",
            "对账单行 {line} 为借方，借方不是存款",
        ),
        "marks": (
            "line {line} bears the marks of a payment that came back: it is the return of an order, or undoes "
            "another line",
            "对账单行 {line} 带有退回付款的标记：只能是某付款指令的退回，或冲销另一行",
        ),
        "payer": (
            "the payer of line {line} names {payer}: it is a deposit of {payer} and nothing else",
            "对账单行 {line} 的付款方写明 {payer}，只能是 {payer} 的存款",
        ),
        "direction": (
            "lines {line} and {other} go the same way, and do not undo each other",
            "对账单行 {line} 与 {other} 方向相同，不能相互冲销",
        ),
        "undone_order": (
            "line {credit} bears the id of order {order}, which {debit} does not: they do not undo each other",
            "对账单行 {credit} 载有付款指令 {order} 的编号，而 {debit} 没有：两行不能相互冲销",
        ),
        "undone_marks": (
            "line {credit} bears the marks of a payment that came back, and {debit} is no payment of ours: they do "
            "not undo each other",
            "对账单行 {credit} 带有退回付款的标记，而 {debit} 不是我方的付款：两行不能相互冲销",
        ),
        "undone_fen": (
            "line {credit} is of {credit_fen} fen, and {debit} is of {debit_fen} fen: they do not undo each other",
            "对账单行 {credit} 为 {credit_fen} 分，而 {debit} 为 {debit_fen} 分：两行不能相互冲销",
        ),
        "attested": (
            "line {line} is of {line_fen} fen, and {attested_fen} fen were attested",
            "对账单行 {line} 为 {line_fen} 分，而所证实的存款为 {attested_fen} 分",
        ),
        "number": (
            "{number} names no line and no deposit: expected a day and a reference, as 2026-09-16/B1",
            "{number} 不是对账单行或存款的编号：应为日期和入账号，如 2026-09-16/B1",
        ),
        "platform": (
            "the bank's fee or interest is the platform's, not {number}'s",
            "银行手续费或利息归平台，不归 {number}",
        ),
        "in_part": (
            "part of line {line} was given back: the rest is no payment of an order and no return",
            "对账单行 {line} 的一部分已退还：余下部分不是付款指令的支付或退回",
        ),
        "order_fen": (
            "line {line} is of {line_fen} fen, and order {order} of {order_fen} fen",
            "对账单行 {line} 为 {line_fen} 分，而付款指令 {order} 为 {order_fen} 分",
        ),
        "kept": (
            "line {line} brings {line_fen} of the {order_fen} fen of order {order} back: the bank kept more than the "
            "{platform_fen} fen of interest and fees that the platform has",
            "对账单行 {line} 仅退回付款指令 {order} 的 {order_fen} 分中的 {line_fen} 分："
            "银行扣留的金额超过平台利息与服务费余额 {platform_fen} 分",
        ),
        "other": (
            "line {other} is booked as {kind}, {other_fen} fen, of which {waiting_fen} wait: line {line} of "
            "{line_fen} fen does not undo it",
            "对账单行 {other} 已入账为{kind}，{other_fen} 分，其中 {waiting_fen} 分待认定："
            "{line} 的 {line_fen} 分不能冲销该行",
        ),
        "return_gone": (
            "line {line} does not take the return {other} back: its money is not there any more, or it is another "
            "order's",
            "对账单行 {line} 不能收回退回款 {other}：该笔款项已不在，或属于另一付款指令",
        ),
        "consent": (
            "line {line} takes nothing from {employer}",
            "对账单行 {line} 未动用 {employer} 的款项",
        ),
        "one_thing": (
            "line {line} is one thing or several: only several things have parts",
            "对账单行 {line} 只有认定为多项时才可拆分",
        ),
        "parts": (
            "line {line} is split into two or more parts, and these have no other number",
            "对账单行 {line} 须拆分为两项或以上，且不另写编号",
        ),
        "parts_fen": (
            "the parts of line {line} sum to {parts_fen} fen, and {waiting_fen} fen wait",
            "对账单行 {line} 各部分合计 {parts_fen} 分，而待认定 {waiting_fen} 分",
        ),
        "split_often": (
            "part {line} cannot be split again: a line is split {most} times at the most",
            "{line} 不能再拆分：一行最多拆分 {most} 次",
        ),
    }
