"""The contract's own words for records, their kinds and their states, in Chinese."""

from collections.abc import Mapping
from typing import Final

WORDS: Final = {
    # records
    "account": "账户",
    "arrears": "欠付",
    "attestation": "已证实存款",
    "award": "裁判文书",
    "backing": "托管份额",
    "booking": "入账",
    "bytes written": "写入字节",
    "cash-out": "结转",
    "cash-out of order": "付款指令的再次结转",
    "cash-out of run": "发薪批次的结转",
    "came back": "退回清单",
    "cashout": "结转",
    "cashout shard": "结转分片",
    "cashout tag": "结转标记",
    "checkpoint": "检查点",
    "clock": "账本时钟",
    "closing register": "期末名册",
    "close": "日终关闭",
    "contract": "合约",
    "proposal of contract": "合约启用提案",
    "statement of contract": "合约具备声明",
    "proposed contract": "合约启用提案",
    "contracts of one ledger": "一个账本的合约",
    "in force": "现行",
    "custodian": "托管账户",
    "custody": "托管账户",
    "custody account": "托管账户",
    "deduction": "代扣",
    "deductions": "代扣清单",
    "deposit": "存款",
    "days": "天数",
    "deposits that no statement confirms": "未经对账单确认的存款",
    "directory": "名录",
    "document": "条款文本",
    "earned": "所得",
    "employer": "用工单位",
    "employers that have not ended": "未终止的用工单位",
    "headcount": "登记人数",
    "entry": "分录",
    "genesis": "账本创建记录",
    "keys": "键",
    "ledger": "账本",
    "line": "对账单行",
    "lines": "工资明细",
    "order": "付款指令",
    "payment order": "付款指令",
    "bytes in the payload": "报文字节数",
    "certified": "已认定",
    "parameter": "参数",
    "payee commitments": "收款账户承诺清单",
    "period": "期间",
    "person": "个人信息",
    "proposal": "提案",
    "recovery": "多付扣回",
    "reinstatement": "恢复",
    "request": "请求",
    "restoration": "恢复声明",
    "revocation": "吊销",
    "row": "记录",
    "run": "发薪批次",
    "run shard": "发薪批次分片",
    "shard": "分片",
    "sheet": "日工作数据",
    "shortfall": "短缺",
    "signatures": "签名",
    "statement": "对账单",
    "unmatched debits": "载有指令编号的待认定借方",
    "submission": "提交",
    "tag of cash-out": "结转标记",
    "terms": "条款",
    "the cash-out of run": "发薪批次的结转",
    "the close of": "日终关闭",
    "the confirmation": "确认",
    "the contest of": "争议",
    "the key of worker": "劳动者密钥",
    "the ledger that is copied": "被复制的账本",
    "the new key": "新密钥",
    "the payee account": "收款账户",
    "the proposed key": "拟用密钥",
    "the registration": "登记",
    "the reply to": "答复",
    "the veto": "否决",
    "transit": "在途存款",
    "version of terms": "条款版本",
    "wages": "工资账户",
    "worker": "劳动者",
    # an owner of money, and kinds of lines
    "platform": "平台",
    "payout": "付款",
    "return": "退回",
    "refund": "退还用工单位款项",
    "parts": "多项",
    # states
    "blocked": "已封存",
    "erased": "已删除",
    "in use": "使用中",
    "accepted": "已接受",
    "active": "正常",
    "a court's order": "法院裁判",
    "a worker's plan": "劳动者签署的计划",
    "amended": "已修订",
    "approved": "已批准",
    "attested": "已证实",
    "attested by one person": "由一人证实",
    "cancelled": "已取消",
    "confirmed": "已确认",
    "cosigned": "两人证实",
    "disputed": "存在异议",
    "ended": "终止",
    "funded": "资金到位",
    "held": "已冻结",
    "instructed": "已复核待银行受理",
    "made": "已作出",
    "missing": "缺失",
    "not held": "未冻结",
    "not made": "未作出",
    "not priced": "未核算",
    "on no statement": "未经对账单确认",
    "open": "进行中",
    "over": "已结束",
    "paid": "已入账",
    "prepared": "已经办待复核",
    "priced": "已核算",
    "proposed": "已提出",
    "rejected": "被拒付",
    "released": "已释放",
    "returned": "已退回",
    "reversal proposed": "已提出冲回",
    "reversed": "已冲回",
    "reversing": "冲回中",
    "said what it is by the bank": "已由银行提出认定",
    "settled": "已支付",
    "submitted": "已提交",
    "suspended": "暂停",
    "swept": "已归集",
    "unanswered": "未答复",
    "undone": "已冲销",
    "waiting": "待认定",
    # what a line's file says
    "credit": "贷方",
    "debit": "借方",
    "none": "无",
    "no reason given": "银行未说明原因",
    "reversal": "冲正",
    "yes": "是",
    "no": "否",
    # figures of a month
    "blocked_fen": "已冻结存款",
    "burned_fen": "累计销毁",
    "in_transit_fen": "在途存款",
    "minted_fen": "累计铸造",
    "reserve_fen": "备付金",
    "returned_fen": "累计退回",
    "shortfall_fen": "短缺",
    "supply_fen": "发行额",
    "unmatched_fen": "待认定借方",
    # breaks of reconciliation
    "amount": "金额",
    "balance": "余额",
    "file": "文件",
    "in_transit": "在途",
    "kind": "类别",
    "not_booked": "未入账",
    "not_on_statement": "对账单未载",
    "outstanding": "逾期",
    "reference": "编号",
    "sequence": "顺序",
    "short": "短缺",
}
"""Whatever they are said of."""
_KINDS: Final = {
    "platform": "银行手续费或利息",
    "orders": "其余在途付款",
    "returned": "退回的工资",
    "returns": "其余退回的款项",
    "lines": "其余待认定的入账",
    "rows": "其余有异议或争议的记录",
}
_ENGLISH_KINDS: Final = {
    "deposit": "a deposit",
    "payout": "a payment",
    "return": "a return",
    "platform": "the bank's fee or interest",
    "refund": "money given back to an employer",
    "parts": "several things",
    "undone": "undone by another line",
}
_STATES_OF: Final[dict[str, dict[str, str]]] = {
    "cash-out": {"accepted": "银行已受理", "open": "未经办"},
    "deposit": {"attested": "已证实", "missing": "对账单缺此笔"},
    "line": _KINDS,
    "the cash-out of run": {"accepted": "银行已受理", "open": "未经办"},
    "run": {"open": "未完成", "short": "资金不足"},
    "terms": {"active": "生效"},
}
"""The words that say something else of one sort of record."""


def kind(code: str) -> str:
    """Return the word for the kind of a statement's line, or of an open item."""
    return _KINDS.get(code) or WORDS[code]


def kind_in_english(code: str) -> str:
    """Return the words for what a statement's line is booked as."""
    return _ENGLISH_KINDS.get(code, code)


def in_english(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return the facts of a refusal with the kinds of statements' lines in words."""
    kinds = "state" if facts.get("what") == "line" else "" if "period" in facts else "kind"
    return {name: kind_in_english(str(fact)) if name == kinds else fact for name, fact in facts.items()}


def state(code: str, of: str | None = None) -> str:
    """Return the word for a state, of that sort of record; a text that is no state stays as it is."""
    held, _, cash_out = code.partition("held by ")
    if cash_out and not held:
        return f"由 {cash_out} 冻结"
    return _STATES_OF.get(of or "", {}).get(code) or WORDS.get(code, code)


def in_words(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return the facts of a refusal or a break with the contract's words in Chinese; all else stays as it is."""
    of = str(facts.get("what", "cash-out" if "cashout" in facts else ""))
    return {name: _fact(name, fact, of) if isinstance(fact, str) else fact for name, fact in facts.items()}


def _fact(name: str, fact: str, of: str) -> str:
    if name in ("kind", "booked"):
        return kind(fact)
    if name in ("state", "needed"):
        return "或".join(state(each, of) for each in fact.split(" or "))
    if fact in WORDS:
        return WORDS[fact]
    figure, _, whose = fact.partition(" of ")
    if figure in WORDS and " " not in whose:  # a month's figure
        return f"{whose} 的{WORDS[figure]}"
    return record_in_chinese(fact)


def record_in_chinese(name: str) -> str:
    """Return a record with its number, as `period 2026-08`; a file's name, and all else, stays as it is."""
    record, _, number = name.rpartition(" ")
    return f"{WORDS[record]} {number}" if record in WORDS and not set(number) & {" ", "."} else name
