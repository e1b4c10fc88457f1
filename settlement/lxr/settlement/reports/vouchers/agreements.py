"""Vouchers of what binds: a version of terms, workers' accessions, a closed month, a checkpoint."""

from collections.abc import Sequence
from typing import Final, get_args

from lxr.chaincode.accession import AccedeToTerms
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.carried import Item, ItemKind
from lxr.chaincode.checkpoint import checkpoints
from lxr.chaincode.pay_rules import Rule, label
from lxr.chaincode.period import months
from lxr.chaincode.terms import TermsDocument, documents, terms_heads
from lxr.settlement.errors import VoucherFault
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import fact_words, organisations_words, words_of
from lxr.settlement.reports.pay_words import measures_words, payday_words, rule_rate_words, rule_words
from lxr.settlement.reports.vouchers.evidence import Evidence
from lxr.settlement.reports.vouchers.history import History, Place
from lxr.settlement.reports.vouchers.voucher import NOT_SHOWN, Draft, Fact, fact, money, party
from lxr.token.fen import yuan

_CARRIED: Final[dict[ItemKind, Words]] = {
    "order": Words("payments that the bank has", "银行在途付款"),
    "returned": Words("payments that came back", "退回款项"),
    "orders": Words("further payments that the bank has", "其余银行在途付款"),
    "returns": Words("further payments that came back", "其余退回款项"),
    "cashout": Words("cash-outs of wages that came back", "退回工资再付批次"),
    "deposit": Words("attested deposits on no statement", "未见于对账单的入金"),
    "line": Words("entries of the bank that nobody knows", "待认定银行流水"),
    "lines": Words("further credits that nobody knows", "其余待认定入账"),
    "shortfall": Words("shortfalls", "备付金缺口"),
    "run": Words("runs that are not finished", "未完成发薪批次"),
    "row": Words("rows that are disputed or held back", "有争议或暂存的记录"),
    "rows": Words("further rows that are disputed or held back", "其余有争议或暂存的记录"),
}
assert _CARRIED.keys() == set(get_args(ItemKind))


def terms_places(history: History, number: str) -> set[Place]:
    """Find where terms stand. number: terms/version."""
    terms, version = number.split("/")
    proposed = history.of(documents, terms, version)
    return proposed | history.of(terms_heads, terms) if proposed else proposed


def _type_facts(document: TermsDocument) -> list[Fact]:
    """What contract it is; documents of contract 0.4.0 do not say."""
    if document.contract_type is None or document.income_class is None or document.withholding_agent is None:
        return []
    return [
        fact("contract type", "合同类型", words_of("contract_type", document.contract_type)),
        fact("income class", "所得类别", words_of("income_class", document.income_class)),
        fact("withholding agent", "扣缴义务人", fact_words("withholding_agent", document.withholding_agent)),
    ]


def terms_draft(evidence: Evidence, number: str) -> Draft:
    """Return a version: all that it says. Its transactions hold the employer's and the union's signatures."""
    terms, text = number.split("/")
    document = evidence.need(documents, terms, text)
    head = evidence.need(terms_heads, terms)
    if int(text) > len(head.versions):
        raise VoucherFault("what is shown of terms {terms} has no version {value}", terms=terms, value=text)
    version = head.versions[int(text) - 1]
    facts = [
        fact("state", "状态", words_of("state", version.state, "terms_version")),
        fact("pay class", "薪资类别", document.pay_class),
        *_type_facts(document),
        fact("in force from", "生效日期", document.effective_from),
        fact("in force to", "截止日期", document.effective_to or head.ends or NOT_SHOWN),
        fact("payday", "发薪规则", payday_words(document.payday)),
        *map(_rule, document.rules),
        fact("most in a day", "每日上限", measures_words(document.most_per_day)),
        fact("service fee, of gross pay", "服务费（占应发工资）", f"{document.service_fee_bp / 100:.2f} %"),
        fact("days to answer a row", "答复期限", Words(f"{document.answer_days} days", f"{document.answer_days} 天")),
        fact("place of the minimum wage", "最低工资适用地", document.minimum_wage_place or "-"),
        fact("SHA-256 of the agreement's text", "协议文本摘要", document.text_digest),
        fact("SHA-256 of the document", "条款文件摘要", version.digest),
    ]
    parties = [party("employer", "用工单位", head.employer), party("terms", "薪资合约条款", terms)]
    return Draft(Words("Terms", "薪资合约条款凭证"), parties, facts)


def _rule(rule: Rule) -> Fact:
    name = rule_words(label(rule))
    return fact(f"pay rule: {name.en}", f"计薪规则：{name.zh}", rule_rate_words(rule))


def accession_draft(evidence: Evidence, _: str) -> Draft:
    """Workers who joined a version of terms, each by signature."""
    command = evidence.only().command
    if not isinstance(command, AccedeToTerms):
        raise VoucherFault("nobody joined terms in the transaction")
    facts = [fact("version", "版本", command.version)]
    facts += [
        fact(f"bound from, {join.worker}", f"{join.worker} 生效日期", join.from_day) for join in command.accessions
    ]
    workers = [party("worker", "劳动者", join.worker) for join in command.accessions]
    parties = [party("terms", "薪资合约条款", command.terms), *workers]
    return Draft(Words("Accession to terms", "加入薪资合约凭证"), parties, facts)


def period_places(history: History, number: str) -> set[Place]:
    """Find where a month stands. number: of the month."""
    return history.of(months, number)


def period_draft(evidence: Evidence, number: str) -> Draft:
    """Return the figures of the month and who signed them."""
    month = evidence.need(months, number)
    figures = month.figures
    facts = [
        fact("month", "月份", number),
        money("LXR in existence", "LXR 总量", figures.supply_fen),
        money("money in custody", "备付金余额", figures.reserve_fen),
        money("attested, on no statement yet", "在途金额", figures.in_transit_fen),
        money("attested, missing on its statement, unspent", "对账单缺失且未动用金额", figures.blocked_fen),
        money("without money in custody", "备付金缺口", figures.shortfall_fen),
        money("debits that nobody knows", "待认定支出", figures.unmatched_fen),
        money("made so far", "累计生成", figures.minted_fen),
        money("destroyed so far", "累计注销", figures.burned_fen),
        money("returned so far", "累计退回", figures.returned_fen),
        fact("last statement of the bank", "最后对账单序号", month.statement),
        *_carried(month.carried),
        fact("closed anew", "重新关账次数", month.anew),
        fact("signed by", "签署方", organisations_words(month.signed)),
    ]
    parties = [party("custody account", "备付金账户", month.custody)]
    return Draft(Words("Month closed", "期末关账凭证"), parties, facts, figures.supply_fen)


def _carried(items: Sequence[Item]) -> list[Fact]:
    """Return what the month carries over, by kind; the record of the month names each."""
    facts = []
    for kind, words in _CARRIED.items():
        fen = [item.amount_fen for item in items if item.kind == kind]
        if fen:
            count, total = len(fen), yuan(sum(fen))
            said = Words(f"{count}, {total} yuan", f"{count} 项，{total} 元")
            facts.append(fact(f"carried over: {words.en}", f"结转：{words.zh}", said))
    return facts


def checkpoint_places(history: History, number: str) -> set[Place]:
    """Find where a checkpoint stands. number: checkpoint/height."""
    height = number.removeprefix("checkpoint/")
    return {place for organisation in ORGANISATIONS for place in history.of(checkpoints, height, organisation)}


def checkpoint_draft(evidence: Evidence, number: str) -> Draft:
    """Return what each organisation's audit found at a height, of those that are shown.

    Where they differ, the transactions do not tell who is right: an audit of the ledger does.
    """
    height = number.removeprefix("checkpoint/")
    signed = {key[1]: each for key, each in evidence.all(checkpoints).items() if key[0] == height}
    if not signed:
        raise VoucherFault("nothing here wrote checkpoint {height}", height=height)
    facts = [fact("height in blocks", "区块高度", height)]
    findings = {each.finding: None for each in signed.values()}  # each once, in the order of signing
    for finding in findings:
        organisations = [organisation for organisation, each in signed.items() if each.finding == finding]
        facts += [
            fact("hash of the last block", "末块哈希", finding.block_hash),
            fact("root of the log", "日志默克尔根", finding.root),
            money("LXR in existence, as signed", "LXR 总量（签署内容）", finding.supply_fen),
            money("money in custody, as signed", "备付金余额（签署内容）", finding.reserve_fen),
            fact("signatures shown here", "此处出示的签署方", organisations_words(organisations)),
        ]
    facts += [
        fact(
            f"superseded by {organisation}, times; why",
            f"{words_of('organisation', organisation).zh}更正次数及理由",
            Words(f"{each.superseded}; {each.reason}", f"{each.superseded} 次；{each.reason}"),
        )
        for organisation, each in signed.items()
        if each.superseded
    ]
    parties = [party("auditor", "审计方", organisation) for organisation in signed]
    return Draft(Words("Checkpoint", "审计检查点凭证"), parties, facts)
