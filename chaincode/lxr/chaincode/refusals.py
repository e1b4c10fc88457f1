"""Every refusal of the contract, one closed list: the code is the precedence, codes never change or go away."""

from typing import Final

from ..token.refusal import Refusal
from . import bank_refusals, retired, succession_refusals  # noqa: F401  (theirs are in the list)


class MalformedCommand(Refusal):
    """The bytes are not a command of this contract."""

    code = 1
    en = "the command is malformed: {problem}"
    zh = "命令格式错误：{problem}"


class CertificateRefused(Refusal):
    """The certificate is expired, not yet valid, foreign or revoked, or names no role."""

    code = 2
    en = "the certificate is refused: {reason}"
    zh = "证书被拒绝：{reason}"


class NotAllowed(Refusal):
    """The caller's role does not give it this command."""

    code = 3
    en = "{caller} may not do {command}"
    zh = "{caller} 无权执行 {command}"


class NotYours(Refusal):
    """An employer acts for itself only."""

    code = 4
    en = "{caller} may not act for employer {employer}"
    zh = "{caller} 不能代表用工单位 {employer}"


class TooLarge(Refusal):
    """One transaction carries a bounded amount of keys, bytes and signatures."""

    code = 5
    en = "the transaction is too large: more than {limit} {what}"
    zh = "交易过大：{what} 超过 {limit}"


class ClockOff(Refusal):
    """The transaction's time is more than a minute ahead of the node's clock, or more than ten behind it."""

    code = 6
    retryable = True
    en = "the transaction's time is {seconds} seconds ahead of this node's clock, -600 to 60 are allowed"
    zh = "交易时间比本节点时钟快 {seconds} 秒（负数表示慢），允许范围为 -600 至 60 秒"


class ContractMissing(Refusal):
    """A node does not have the contract: it can neither run nor check what runs under it."""

    code = 7
    retryable = True
    en = "this node does not have contract {contract}: install a release that has it"
    zh = "本节点没有合约 {contract}：请安装包含该合约的版本"


class AlreadyFounded(Refusal):
    """A ledger is founded once."""

    code = 8
    en = "this ledger is already founded as {consortium}"
    zh = "本账本已以 {consortium} 创建"


class SameIdOtherBody(Refusal):
    """The request id was used for another command."""

    code = 9
    en = "request id {request_id} was used for another command, in transaction {tx_id}"
    zh = "请求号 {request_id} 已用于另一命令（交易 {tx_id}）"


class RequestVoid(Refusal):
    """The request id was voided."""

    code = 10
    en = "request id {request_id} was voided"
    zh = "请求号 {request_id} 已作废"


class ParameterUnknown(Refusal):
    """The contract knows no parameter of this name."""

    code = 11
    en = "there is no parameter {name}"
    zh = "没有参数 {name}"


class ParameterMissing(Refusal):
    """No value of the parameter is in force on that day. The run stops instead of guessing."""

    code = 12
    retryable = True
    en = "parameter {name} has no value in force on {day}"
    zh = "参数 {name} 在 {day} 没有有效值"


class ParameterInvalid(Refusal):
    """The value is not of the parameter's type."""

    code = 13
    en = "parameter {name}: {problem}"
    zh = "参数 {name}：{problem}"


class NotAParty(Refusal):
    """The organisation's word is not asked for here."""

    code = 14
    en = "{organisation} is no party to {what}"
    zh = "{organisation} 不是 {what} 的当事方"


class AlreadySigned(Refusal):
    """The organisation has already signed this."""

    code = 15
    en = "{organisation} has already signed {what}"
    zh = "{organisation} 已签署 {what}"


class Unknown(Refusal):
    """There is no such record."""

    code = 16
    en = "there is no {what} {number}"
    zh = "没有 {what} {number}"


class Exists(Refusal):
    """A record of this number is there already."""

    code = 17
    en = "{what} {number} exists already"
    zh = "{what} {number} 已存在"


class WrongState(Refusal):
    """The record's state does not allow this."""

    code = 18
    en = "{what} {number} is {state}, it must be {needed}"
    zh = "{what} {number} 状态为 {state}，须为 {needed}"


class SignatureWrong(Refusal):
    """The signature is not the worker's over this message."""

    code = 19
    en = "the signature of {worker} on {what} is wrong"
    zh = "{worker} 对 {what} 的签名无效"


class EmployerNotActive(Refusal):
    """The employer is suspended or ended on that day: nothing new is earned."""

    code = 20
    en = "employer {employer} is {state} on {day}"
    zh = "用工单位 {employer} 在 {day} 状态为 {state}"


class WorkerNotActive(Refusal):
    """The worker is suspended, ended or erased on that day: nothing new is earned."""

    code = 21
    en = "worker {worker} is {state} on {day}"
    zh = "劳动者 {worker} 在 {day} 状态为 {state}"


class WorkerElsewhere(Refusal):
    """The worker belongs to another employer or another shard."""

    code = 22
    en = "worker {worker} is not in shard {shard} of employer {employer}"
    zh = "劳动者 {worker} 不属于 {employer} 的分片 {shard}"


class TermsInvalid(Refusal):
    """The terms contradict themselves or the law."""

    code = 23
    en = "the terms are not valid: {problem}"
    zh = "条款无效：{problem}"


class TermsNotInForce(Refusal):
    """The terms do not cover that day."""

    code = 24
    en = "terms {terms} are not in force on {day}"
    zh = "条款 {terms} 在 {day} 不在有效期内"


class NotAcceded(Refusal):
    """The worker has signed no terms that cover that day."""

    code = 25
    en = "worker {worker} has joined no terms for {day}"
    zh = "劳动者 {worker} 在 {day} 未加入任何条款"


class HashDiffers(Refusal):
    """What was signed is another document."""

    code = 26
    en = "the hash of {what} differs from the ledger's"
    zh = "{what} 的哈希与账本不符"


class DateInFuture(Refusal):
    """Work that has not been done yet."""

    code = 27
    retryable = True
    en = "{day} is in the future: today is {today}"
    zh = "{day} 是未来日期：今天是 {today}"


class DuplicateRow(Refusal):
    """One worker has one row a day, one booking one line."""

    code = 28
    en = "{worker} stands twice on {day}"
    zh = "{worker} 在 {day} 重复"


class MeasureUnknown(Refusal):
    """The worker's terms do not pay by this measure."""

    code = 29
    en = "measure {measure} of worker {worker} is not in the terms, which know {known}"
    zh = "劳动者 {worker} 的计量 {measure} 不在条款中，条款包含 {known}"


class VersionStale(Refusal):
    """Somebody else wrote a newer version meanwhile."""

    code = 30
    en = "{what} is at version {current}, not {given}"
    zh = "{what} 当前版本为 {current}，不是 {given}"


class NothingChanges(Refusal):
    """The command would leave everything as it is."""

    code = 31
    en = "nothing changes in {what}"
    zh = "{what} 没有变化"


class RowChanged(Refusal):
    """The row is not what the worker signed."""

    code = 32
    en = "the row of {worker} on {day} is not the one that was signed"
    zh = "{worker} 在 {day} 的记录与所签内容不符"


class RowNotAnswerable(Refusal):
    """The row's state does not allow this answer."""

    code = 33
    en = "the row of {worker} on {day} is {state}"
    zh = "{worker} 在 {day} 的记录状态为 {state}"


class DayStillOpen(Refusal):
    """The day is not over."""

    code = 35
    retryable = True
    en = "{day} is still open"
    zh = "{day} 尚未截止"


class NotAPayday(Refusal):
    """None of the employer's terms pays on that day."""

    code = 36
    en = "{day} is no payday of employer {employer}"
    zh = "{day} 不是 {employer} 的发薪日"


class ShardNotReady(Refusal):
    """A shard of the run is not where this step needs it."""

    code = 38
    retryable = True
    en = "shard {shard} of {what} is {state}, it must be {needed}"
    zh = "{what} 的分片 {shard} 状态为 {state}，须为 {needed}"


class CashOutHasLeft(Refusal):
    """Money of the run is on its way to the bank, or held for it."""

    code = 39
    en = "run {run} cannot be reversed: its cash-out {cashout} is {state}"
    zh = "批次 {run} 不能冲回：结转 {cashout} 状态为 {state}"


class NothingToPayOut(Refusal):
    """No account in the scope holds anything."""

    code = 43
    en = "nothing to pay out in {cashout}"
    zh = "{cashout} 没有可结转金额"


class PayoutsStopped(Refusal):
    """An owner of money in custody has a shortfall: its payouts stop until it is replenished."""

    code = 44
    retryable = True
    en = "payouts of {owner} are stopped: it is short of {shortfall_fen} fen in custody"
    zh = "{owner} 的支付已停止：其托管资金短缺 {shortfall_fen} 分"


class FiguresDiffer(Refusal):
    """The organisation's own figures differ from those on the ledger."""

    code = 49
    en = "{what}: the ledger has {there}, given {given}"
    zh = "{what}：账本为 {there}，给定 {given}"


class TooFarAhead(Refusal):
    """A day so far ahead that it must be a slip."""

    code = 51
    en = "{day} is more than a year ahead of {today}"
    zh = "{day} 比 {today} 晚一年以上"


class OtherLedger(Refusal):
    """What was signed names another ledger."""

    code = 52
    en = "it was signed for ledger {given}, this is ledger {here}"
    zh = "该签名针对账本 {given}，本账本为 {here}"


class ClockFresh(Refusal):
    """The ledger's clock was moved a moment ago."""

    code = 53
    retryable = True
    en = "the ledger's clock was moved {seconds} seconds ago; it can be moved again after {least}"
    zh = "账本时钟在 {seconds} 秒前刚刚推进，{least} 秒后方可再次推进"


class TooOld(Refusal):
    """The transaction is older than the ledger's clock allows."""

    code = 54
    en = "the transaction's time is {seconds} seconds behind the ledger's clock, {most} are allowed"
    zh = "交易时间落后账本时钟 {seconds} 秒，最多允许 {most} 秒"


class RowFrozen(Refusal):
    """While a worker disputes a row, the employer can only add to it."""

    code = 55
    en = "the row of {worker} on {day} is disputed: it can be raised, not lowered"
    zh = "{worker} 在 {day} 的记录存在异议：只能调高，不能调低"


class SamePerson(Refusal):
    """Whoever prepared a payment does not approve it, nor anybody twice, whatever the certificate or role."""

    code = 56
    en = "{person} has prepared or approved {what} already: another person approves it"
    zh = "{person} 已经办或复核 {what}：须由另一人复核"


class MeasureBeyondTerms(Refusal):
    """More units of a measure than the worker's terms, or a day, can have."""

    code = 57
    en = "{given} {measure} of worker {worker} are more than the {most} a day that the terms know"
    zh = "劳动者 {worker} 的 {measure} 为 {given}，超过条款规定的每日上限 {most}"


class DayInPast(Refusal):
    """A status or an end would reach over days, or hours of today, that were worked."""

    code = 58
    en = "{day} has begun or is past: it can begin on {earliest} at the earliest"
    zh = "{day} 已开始或已过去，最早可自 {earliest} 起"


class NumberForeign(Refusal):
    """The number is not one that this employer can give: another's cannot be taken."""

    code = 59
    en = "{number} is no number of employer {employer} for {what}"
    zh = "{number} 不是用工单位 {employer} 的编号（{what}）"


class EmployerNotHeard(Refusal):
    """A dispute is decided once the employer has replied, or has let the time to reply pass."""

    code = 60
    en = "the employer can reply to the dispute of {worker} on {day} until the end of {until}"
    zh = "用工单位可就 {worker} 在 {day} 的异议答复至 {until} 止，此前不能裁决"


class NotCovered(Refusal):
    """No payout exceeds what the bank's statements, or two of its signatures for today, show of its owner's money."""

    code = 61
    retryable = True
    en = "{owner}: the bank's statements cover {have_fen} fen of its payouts, {need_fen} are needed"
    zh = "{owner}：银行对账单可支付金额为 {have_fen} 分，需要 {need_fen} 分"


class DepositMissing(Refusal):
    """The statement that covers the day is on the ledger: a deposit of that day would be on it."""

    code = 63
    en = "the statements up to {closing_day} are on the ledger: a deposit of {day} would be on them"
    zh = "截至 {closing_day} 的对账单已入账：{day} 的存款应在其中"


class MoneyLeft(Refusal):
    """Whoever has money here is not forgotten: it could not be paid."""

    code = 64
    retryable = True
    en = "{worker} still has {fen} fen here"
    zh = "{worker} 在账本上仍有 {fen} 分未结清"


class WorkLeft(Refusal):
    """Whose work no run has paid yet is not forgotten: what it brings could not be paid."""

    code = 65
    retryable = True
    en = "{worker} has work of {day} that no run has taken, or whose pay is held"
    zh = "{worker} 在 {day} 的工作尚未计入发薪批次，或其工资仍被冻结"


class SwitchTooEarly(Refusal):
    """A contract comes into force at the proposed time or later."""

    code = 66
    retryable = True
    en = "contract {contract} comes into force in {seconds} seconds at the earliest"
    zh = "合约 {contract} 最早于 {seconds} 秒后方可启用"


class TooFewNodes(Refusal):
    """A contract comes into force once the witnesses of three organisations have stated that their nodes have it."""

    code = 67
    retryable = True
    en = "contract {contract} is stated to be on the nodes of {have}; {needed} organisations are needed"
    zh = "已声明节点具备合约 {contract} 的组织：{have}；须有 {needed} 个组织"


REFUSALS: Final[tuple[type[Refusal], ...]] = tuple(sorted(Refusal.__subclasses__(), key=lambda refusal: refusal.code))
"""All of them, those of the money among them, in order of code."""
BY_CODE: Final = {refusal.code: refusal for refusal in REFUSALS}

assert [refusal.code for refusal in REFUSALS] == list(range(1, len(REFUSALS) + 1))  # no gap, no renumbering
