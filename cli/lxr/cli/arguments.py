"""How words on the command line are read: days, amounts, measures, numbers. A wrong word is a usage fault (exit 2)."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec import Meta

from lxr.chaincode import types
from lxr.chaincode.founding import ConsortiumName
from lxr.chaincode.governance import ProposalNo
from lxr.chaincode.parameters import ParameterName
from lxr.chaincode.pay_rules import QUANTITY_MAX
from lxr.chaincode.revocation import Serial
from lxr.chaincode.statuses import Status
from lxr.chaincode.upgrade import Organisation
from lxr.cli.texts.language import text
from lxr.node.forms import EMPLOYER
from lxr.settlement.bank.formats import texts
from lxr.settlement.keys import BookingKey
from lxr.token.fen import FEN_MAX, yuan

SHOWN_MAX: Final = 300
"""How many characters of a wrong word are shown."""
NONE: Final = "none"
"""The one word that says: nothing was done."""
_MEASURE: Final = re.compile(r"([a-z_]{1,24})=([0-9]{1,7})", re.ASCII)
_AMOUNT: Final = re.compile(r"([0-9]{1,14}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.([0-9]{1,2}))?", re.ASCII)
_WORKER: Final = re.compile(rf"{EMPLOYER}/\S.*", re.ASCII)


def wrong(value: object, en: str, zh: str) -> typer.BadParameter:
    """Return the usage fault of a word that is not what was expected."""
    given = repr(value) if len(str(value)) <= SHOWN_MAX else f"{str(value)[:SHOWN_MAX]!r}…"
    return typer.BadParameter(text(f"{given}; expected {en}", f"{given}；应为{zh}"))


def day(value: str) -> date:
    """Return a day as 2026-08-03, in no other form."""
    try:
        given = date.fromisoformat(value)
    except ValueError:
        given = None
    if given is None or str(given) != value:
        raise wrong(value, "a day like 2026-08-03", "日期，如 2026-08-03")
    return given


def month(value: str) -> date:
    """Return the first day of a month given as 2026-08."""
    try:
        return date.fromisoformat(f"{value}-01")
    except ValueError:
        raise wrong(value, "a month like 2026-08", "月份，如 2026-08") from None


def month_of_ledger(value: str) -> date:
    """Return the first day of a month that a ledger could hold: 2000-01 to 2099-12."""
    return month(period(value))


def amount(value: str) -> int:
    """Yuan with at most two decimals, as whole fen, exactly: 1..FEN_MAX."""
    match = _AMOUNT.fullmatch(value)
    if match is None:
        raise wrong(value, "yuan with at most two decimals, like 50000.00", "最多两位小数的金额（元），如 50000.00")
    fen = int(match[1].replace(",", "")) * 100 + int((match[2] or "").ljust(2, "0"))
    if not 0 < fen <= FEN_MAX:
        raise wrong(value, f"0.01 to {yuan(FEN_MAX)} yuan", f" 0.01 至 {yuan(FEN_MAX)} 元")
    return fen


def amount_or_none(value: str) -> int:
    """Yuan as `amount`, or 0."""
    return 0 if value in ("0", "0.0", "0.00") else amount(value)


def measure(value: str) -> str:
    """One word of what was done: orders=32, or none."""
    match = _MEASURE.fullmatch(value)
    if value != NONE and (match is None or int(match[2]) > QUANTITY_MAX):
        raise wrong(
            value,
            f"measures like orders=32 minutes=480, each 0 to {QUANTITY_MAX}, or {NONE}",
            f"计量，如 orders=32 minutes=480，每项 0 至 {QUANTITY_MAX}，或 {NONE}",
        )
    return value


def measures(words: list[str]) -> dict[str, int]:
    """Return what was done, from words that `measure` has read; `none` alone says: nothing."""
    if words == [NONE]:
        return {}
    found = dict(word.split("=", 1) for word in words if word != NONE)
    if len(found) < len(words):
        fault = wrong(" ".join(words), f"each measure once, or {NONE} alone", f"每项计量一次，或仅 {NONE}")
        fault.param_hint = "'MEASURE=N...'"
        raise fault
    return {name: int(quantity) for name, quantity in found.items()}


def worker(value: str) -> str:
    """Return a worker's number, or the employer and its own number for the worker."""
    if _WORKER.fullmatch(value) and _is_text(value):
        return value
    try:
        return msgspec.convert(value, types.WorkerNo)
    except msgspec.ValidationError:
        raise wrong(
            value, "W and 12 characters, or EMPLOYER/REFERENCE like E001/R0001", "W… 编号，或 单位/工号，如 E001/R0001"
        ) from None


def _is_text(value: str) -> bool:
    """Whether the bytes that were given are UTF-8: others come as lone surrogates, which nothing takes."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _form(form: Any, en: str, zh: str) -> Callable[[str], str]:
    """Return what reads a word of one of the contract's forms."""

    def read(value: str) -> str:
        try:
            if _is_text(value):
                return str(msgspec.convert(value, form))
        except msgspec.ValidationError:
            pass
        raise wrong(value, en, zh)

    return read


employer = _form(types.EmployerNo, "E and 3 to 6 digits, like E001", "E 加 3 至 6 位数字，如 E001")
terms = _form(types.TermsNo, "a terms number like TE001-RIDERS", "条款编号，如 TE001-RIDERS")
run = _form(types.RunNo, "a run number like E001-20260915", "发薪批次编号，如 E001-20260915")
cash_out = _form(types.CashOutNo, "a cash-out number like CE001-20260915", "提现批次编号，如 CE001-20260915")
order = _form(types.EndToEnd, "a payment order's number, LX…", "付款指令编号 LX…")
custody = _form(types.CustodyNo, "4 to 34 of 0-9 A-Z", "4 至 34 位 0-9 A-Z")
_booking = _form(types.BookingRef, "1 to 35 of 0-9 A-Z . _ -", "1 至 35 位 0-9 A-Z . _ -")
_line = _form(types.LineRef, "the number of a part, as B1~2", "拆分部分的编号，如 B1~2")
period = _form(types.PeriodNo, "a month like 2026-08", "月份，如 2026-08")
short_text = _form(types.Text, "1 to 200 characters, none of them invisible", "1 至 200 个字符，且不含不可见字符")
consortium_name = _form(
    ConsortiumName, "1 to 60 characters, none of them invisible", "1 至 60 个字符，且不含不可见字符"
)
digest = _form(types.Digest, "a SHA-256 hash, 64 of 0-9 a-f", "SHA-256 哈希，64 位 0-9 a-f")
recovery = _form(types.RecoveryNo, "a recovery's number like RE001-1", "多付扣回编号，如 RE001-1")
deduction = _form(types.DeductionNo, "a deduction's number, DE001-…", "代扣编号 DE001-…")
proposal = _form(ProposalNo, "a proposal's number, PUNION-…", "提案编号 PUNION-…")
serial = _form(Serial, "a certificate's serial number, hexadecimal", "证书序列号（十六进制）")
contract = _form(
    Annotated[str, Meta(pattern=r"^[0-9a-f]{8,64}\Z")],
    "the first 8 to 64 digits of a version, 0-9 a-f",
    "版本的前 8 至 64 位（0-9 a-f）",
)
organisation = _form(Organisation, "union, employer, bank or regulator", "union、employer、bank 或 regulator")
parameter = _form(ParameterName, "a parameter's name like minimum_wage.510100-1", "参数名，如 minimum_wage.510100-1")


def booking_of(value: str) -> str:
    """Return the bank's reference in the one form that the ledger keeps."""
    from lxr.settlement.bank.statement_lines import canonical  # brings the contract, which a wrong option does not need

    return _booking(canonical(value) if _is_text(value) else value)


def booked(value: str) -> BookingKey:
    """Return the booking given as 2026-09-16/B1."""
    at, slash, reference = value.partition("/")
    if not slash:
        raise wrong(value, "a day and the bank's reference like 2026-09-16/B1", "日期和入账号，如 2026-09-16/B1")
    whole, mark, part = reference.partition("~")
    return BookingKey(day(at), _line(f"{booking_of(whole)}{mark}{part}"))


def _argument(parser: Callable[[str], Any], metavar: str, en: str, zh: str) -> Any:
    return typer.Argument(parser=parser, metavar=metavar, help=text(en, zh))


def _rule(rule: texts.Rule, en: str, zh: str) -> Callable[[str], str]:
    """Return what reads a word that a bank's file can carry."""

    def read(value: str) -> str:
        if rule.pattern.fullmatch(value) is None:
            raise wrong(value, en, zh)
        return value

    return read


account = _rule(texts.ACCOUNT, str(texts.ACCOUNT.expected), "账号：1 至 34 位 A-Z a-z 0-9 -")
bank_code = _rule(texts.CNAPS, str(texts.CNAPS.expected), "联行号：12 位数字")
line = _rule(texts.NAME, str(texts.NAME.expected), "1 至 140 个字符的一行文字")


EmployerArgument = Annotated[str, _argument(employer, "EMPLOYER", "employer number, E001", "用工单位编号，如 E001")]
EmployersArgument = Annotated[
    list[str] | None, _argument(employer, "[EMPLOYER]...", "employer numbers, E001 E002", "用工单位编号，可列多个")
]
WorkerArgument = Annotated[
    str, _argument(worker, "WORKER", "W…, or EMPLOYER/REFERENCE: E001/R0001", "劳动者编号 W…，或 单位/工号")
]
WorkersArgument = Annotated[
    list[str] | None,
    _argument(worker, "[WORKER]...", "all who have a key here, if none is named", "劳动者；默认本机有密钥的全部"),
]
WorkersOption = Annotated[
    list[str] | None,
    typer.Option("--worker", parser=worker, metavar="WORKER", help=text("these alone", "仅限所列劳动者")),
]
DayArgument = Annotated[date, _argument(day, "DAY", "2026-08-03", "日期，如 2026-08-03")]
FirstDayArgument = Annotated[date, _argument(day, "DAY", "first day, tomorrow or later", "起始日期，最早为明天")]
DaysOption = Annotated[
    list[date] | None,
    typer.Option("--day", parser=day, metavar="DAY", help=text("this day alone; may be repeated", "仅限该日，可重复")),
]
FromOption = Annotated[
    date | None, typer.Option("--from", parser=day, metavar="DAY", help=text("first day", "起始日期"))
]
ToOption = Annotated[date | None, typer.Option("--to", parser=day, metavar="DAY", help=text("last day", "截止日期"))]
MonthOption = Annotated[
    date | None, typer.Option(parser=month, metavar="MONTH", help=text("2026-08", "月份，如 2026-08"))
]
AmountArgument = Annotated[int, _argument(amount, "YUAN", "50000.00", "金额（元），如 50000.00")]
MeasuresArgument = Annotated[
    list[str],
    _argument(measure, "MEASURE=N...", "orders=32 minutes=480, or none", "计量，如 orders=32 minutes=480，或 none"),
]
ReasonOption = Annotated[
    str,
    typer.Option(
        parser=short_text,
        metavar="TEXT",
        help=text("it stays on the ledger: no names of persons", "理由将永久记录：请勿写个人信息"),
    ),
]
StatusArgument = Annotated[
    Status,
    typer.Argument(
        metavar="STATUS", help=text("active, suspended or ended", "active 正常、suspended 暂停、ended 终止")
    ),
]
TermsArgument = Annotated[str, _argument(terms, "TERMS", "terms number, T…", "条款编号 T…")]
VersionArgument = Annotated[
    int, typer.Argument(min=1, max=9999, metavar="VERSION", help=text("1, 2, 3 …", "版本号，如 1"))
]
RunArgument = Annotated[str, _argument(run, "RUN", "run number, E001-20260915", "发薪批次编号，如 E001-20260915")]
CashOutArgument = Annotated[str, _argument(cash_out, "CASHOUT", "cash-out number, C…", "提现批次编号 C…")]
OrderArgument = Annotated[str, _argument(order, "ORDER", "payment order, LX…", "付款指令编号 LX…")]
DeductionArgument = Annotated[str, _argument(deduction, "NUMBER", "deduction, DE001-…", "代扣编号 DE001-…")]
RecoveryArgument = Annotated[str, _argument(recovery, "NUMBER", "recovery, RE001-…", "多付扣回编号 RE001-…")]
BasisOption = Annotated[
    str, typer.Option(parser=short_text, metavar="TEXT", help=text("the provision or ruling", "法律依据"))
]
DocumentOption = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help=text("the document, its blind beside it: FILE.blind", "文书；其盲值在同目录的 FILE.blind"),
    ),
]
BookedArgument = Annotated[
    BookingKey, _argument(booked, "DAY/BOOKING", "day and reference, 2026-09-16/B1", "日期/入账号，如 2026-09-16/B1")
]
CashOutsArgument = Annotated[
    list[str] | None,
    _argument(cash_out, "[CASHOUT]...", "all that are approved, if none is named", "提现批次编号；默认全部已批准的"),
]
PeriodArgument = Annotated[str, _argument(period, "MONTH", "2026-09", "月份，如 2026-09")]
ProposalArgument = Annotated[str, _argument(proposal, "PROPOSAL", "proposal number, PUNION-…", "提案编号 PUNION-…")]
SerialArgument = Annotated[
    str, _argument(serial, "SERIAL", "the certificate's serial number, hexadecimal", "证书序列号（十六进制）")
]
BankCodeOption = Annotated[
    str, typer.Option("--bank-code", parser=bank_code, metavar="CNAPS", help=text("12 digits", "联行号，12 位数字"))
]
BankNameOption = Annotated[
    str, typer.Option("--bank-name", parser=line, metavar="NAME", help=text("the bank's name", "开户行"))
]
ContractArgument = Annotated[
    str, _argument(contract, "CONTRACT", "the contract's version, or its first 8 digits", "合约版本或前 8 位")
]
ParameterArgument = Annotated[
    str, _argument(parameter, "NAME", "minimum_wage.510100-1", "参数名，如 minimum_wage.510100-1")
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help=text("the file to read", "要读取的文件"))]
OrganisationsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help=text(
            "the predecessor's directory, from which organisations, people and keys are taken over",
            "前一账本的目录：沿用其组织、人员与密钥",
        ),
    ),
]
PaymentFileOption = Annotated[
    str | None,
    typer.Option(
        metavar="FORM",
        help=text(
            "what the bank takes: pain.001.001.09, pain.001.001.03, or a table such as daifa",
            "银行受理的付款文件格式：pain.001.001.09、pain.001.001.03，或代发表格（如 daifa）",
        ),
    ),
]
FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]...", help=text("all in the bank's outbox, if none is named", "默认发件箱中全部")),
]
ApproveOption = Annotated[bool, typer.Option("--approve", help=text("the second organisation's word", "第二方批准"))]
