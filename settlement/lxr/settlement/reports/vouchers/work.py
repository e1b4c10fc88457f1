"""Vouchers of work data: a batch, workers' confirmations, a dispute and its end, the union's attestation.

Each is about one transaction, and has its id as number.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from lxr.chaincode.awards import ApproveAward, AwardAnswer
from lxr.chaincode.command import Command
from lxr.chaincode.contests import ContestAnswer, ContestRow
from lxr.chaincode.decisions import Decide, ReplyToDispute, ReviewDecision
from lxr.chaincode.rows import Dispute, Row
from lxr.chaincode.sheet import sheets
from lxr.chaincode.sheet_certification import CertifySheets
from lxr.chaincode.types import digest
from lxr.chaincode.workday import CorrectSheet, SubmitSheet
from lxr.chaincode.workday_answers import Confirm, DisputeAnswer, OpenDispute, Withdraw
from lxr.settlement.errors import VoucherFault
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import words_of
from lxr.settlement.reports.pay_words import days_words, measures_words
from lxr.settlement.reports.vouchers.evidence import Evidence
from lxr.settlement.reports.vouchers.voucher import Draft, Fact, Party, fact, party

_Disputed = DisputeAnswer | ContestAnswer | AwardAnswer
_TITLES: Final[dict[type[Command[_Disputed]], Words]] = {
    OpenDispute: Words("Dispute by a worker", "劳动者异议凭证"),
    ReplyToDispute: Words("Reply of the employer to a dispute", "用工单位异议答复凭证"),
    Withdraw: Words("Dispute withdrawn", "异议撤回凭证"),
    Decide: Words("Decision of a dispute", "异议裁决凭证"),
    ReviewDecision: Words("Review of a decision by the regulator", "监管方复核裁决凭证"),
    ContestRow: Words("Row contested by the employer", "用工单位争议凭证"),
    ApproveAward: Words("Award on a row", "裁决文书生效凭证"),
}
LATE: Final = Words("late", "逾期")
ON_TIME: Final = Words("on time", "按时")
_DISPUTES: Final = {str(kind.__struct_config__.tag): kind for kind in _TITLES}
_CONTESTED: Final = str(ContestRow.__struct_config__.tag)


def sheet_draft(evidence: Evidence, _: str) -> Draft:
    """Return the batch as it came. Its own signature is that of the employer's certificate."""
    act = evidence.only()
    command = act.command
    if not isinstance(command, SubmitSheet | CorrectSheet):
        raise VoucherFault("the transaction brought no sheet")
    answer = act.answer(type(command))
    totals = Counter[str]()
    for row in command.rows:
        totals.update(row.measures)
    facts = [
        fact("day of work", "工作日期", command.day),
        fact("shard", "分片", command.shard),
        fact("version of the sheet", "版本", answer.version),
        fact("rows", "行数", len(command.rows)),
        fact("in all", "合计", measures_words(totals)),
        fact("came", "提交时点", LATE if answer.late else ON_TIME),
        fact("SHA-256 of the rows", "数据摘要", digest(command.rows)),
    ]
    if isinstance(command, CorrectSheet):
        facts.append(fact("reason of the correction", "更正原因", command.reason))
    return Draft(
        Words("Daily work data submitted", "日工作数据提交凭证"),
        [party("employer", "用工单位", command.employer)],
        facts,
    )


def confirmation_draft(evidence: Evidence, _: str) -> Draft:
    """Who confirmed which of their days, each by signature."""
    command = evidence.only().command
    if not isinstance(command, Confirm):
        raise VoucherFault("the transaction confirmed no rows")
    facts = [
        fact("shard", "分片", command.shard),
        fact("rows confirmed", "确认行数", sum(len(answer.rows) for answer in command.answers)),
    ]
    for answer in command.answers:
        days = days_words(sorted(row.day for row in answer.rows))
        facts.append(fact(f"confirmed by {answer.worker}", f"{answer.worker} 确认的日期", days))
    return Draft(
        Words("Confirmation by workers", "劳动者确认凭证"),
        [party("employer", "用工单位", command.employer), *_workers(answer.worker for answer in command.answers)],
        facts,
    )


def dispute_draft(evidence: Evidence, _: str) -> Draft:
    """Return what was said of a disputed or contested row: told of the worker's own row, and nothing of the others'."""
    act = evidence.only()
    if act.command_name not in _DISPUTES:
        raise VoucherFault("the transaction is about no dispute")
    kind = _DISPUTES[act.command_name]
    answer = act.answer(kind)
    worker, day = answer.worker, str(answer.day)
    written = act.all(sheets, of=worker)
    place = next((key for key in written if key[1] == day), None)
    row = None if place is None else written[place].row(worker)
    if place is None or row is None:
        raise VoucherFault("the transaction is about no row")
    facts = [
        fact("day of work", "工作日期", day),
        fact("dispute number", "异议序号", row.disputes),
        fact("state of the row", "数据状态", words_of("state", answer.state, "row")),
    ]
    if act.command_name == _CONTESTED and row.contest is not None:
        facts += [
            fact("row that is contested", "被争议的数据", measures_words(row.measures)),
            fact("of it not contested", "其中单位认可", measures_words(row.contest.admits)),
            fact("reason", "理由", row.contest.reason),
            fact("held until", "暂存至", row.contest.decide_by),
        ]
    elif row.dispute is not None:
        facts += _disputed(row, row.dispute)
    elif row.decided is not None:
        facts += [fact("decided", "裁决结果", measures_words(row.measures)), fact("reason", "理由", row.decided)]
        if isinstance(answer, DisputeAnswer):
            facts.append(fact("came", "裁决时点", LATE if answer.late else ON_TIME))
    else:
        facts.append(fact("row that stands", "生效数据", measures_words(row.measures)))
    return Draft(_TITLES[kind], [party("employer", "用工单位", place[0]), *_workers([worker])], facts)


def _disputed(row: Row, dispute: Dispute) -> Iterator[Fact]:
    yield fact("row of the employer", "单位提交", measures_words(row.measures))
    yield fact("claimed by the worker", "劳动者主张", measures_words(dispute.claimed))
    yield fact("reason", "理由", dispute.reason)
    if dispute.reply is not None:
        yield fact("reply of the employer", "单位答复", dispute.reply.reason)
    yield fact("to be decided by", "裁决期限", dispute.decide_by)
    if dispute.decision is not None:
        yield fact(
            "decision that waits for the regulator", "待监管方复核的裁决", measures_words(dispute.decision.measures)
        )
        yield fact("reason of the decision", "裁决理由", dispute.decision.reason)
        yield fact("it stands from", "生效日", dispute.decision.stands_from)


def attestation_draft(evidence: Evidence, _: str) -> Draft:
    """Return the union's word on the rows of some shards; of those that were left out, nothing was certified."""
    act = evidence.only()
    command = act.command
    if not isinstance(command, CertifySheets):
        raise VoucherFault("the transaction certified nothing")
    days = {seen.shard: sorted(sheet.day for sheet in seen.sheets) for seen in command.shards}
    facts: list[Fact] = []
    for certified in act.answer(CertifySheets).shards:
        shard, answered, silent = certified.shard, certified.answered, certified.unanswered
        facts += [
            fact(f"shard {shard}: days", f"分片 {shard}：工作日期", days_words(days[shard])),
            fact(f"shard {shard}: rows certified after an answer", f"分片 {shard}：答复后认定的行数", answered),
            fact(f"shard {shard}: rows certified before an answer", f"分片 {shard}：答复前认定的行数", silent),
        ]
    return Draft(
        Words("Attestation by the union", "工会确认凭证"), [party("employer", "用工单位", command.employer)], facts
    )


def _workers(numbers: Iterable[str]) -> list[Party]:
    return [party("worker", "劳动者", number) for number in dict.fromkeys(numbers)]
