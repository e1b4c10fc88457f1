"""lxr rules: dated rules of law, as they ship and as union and regulator have signed them."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from lxr.chaincode.days import day_of
from lxr.chaincode.parameters import Value
from lxr.chaincode.rule_basis import Confidence, Retro
from lxr.cli.arguments import ParameterArgument, ToOption, day, proposal, short_text
from lxr.cli.commands.params import in_short, plain, read_json, say_change
from lxr.cli.ends import NotDone, UsageFault
from lxr.cli.session import Session, session
from lxr.cli.texts.language import LANGUAGE, text
from lxr.settlement.ledger import parameters as parameter_service
from lxr.settlement.messages import render
from lxr.settlement.messages.catalogue import translated, word
from lxr.settlement.rules import governed
from lxr.settlement.rules.rule_file import RuleRow, read_rules, shipped_rules, typed_row

ShippedOption = Annotated[
    bool,
    typer.Option("--shipped", help=text("those of this release alone, without a ledger", "仅本版本所附，不读取账本")),
]
FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE.toml]", help=text("rules; those of this release by default", "默认本版本所附")),
]


def list_(
    context: typer.Context,
    name: Annotated[
        str, typer.Option("--name", metavar="TEXT", help=text("those whose name begins so", "名称开头"))
    ] = "",
    shipped: ShippedOption = False,
) -> None:
    """Signed, proposed, not proposed yet, or with a question that somebody has to answer."""
    desk = session(context)
    found = [
        each
        for each in governed.listed(None if shipped else desk.reader, shipped_rules())
        if each.name.startswith(name)
    ]
    columns = (
        *(text("rule", "标准"), text("value", "值"), text("from", "自"), text("to", "至")),
        *(text("document", "文件"), text("certainty", "可信度"), text("standing", "状态")),
    )
    rows = [
        (
            *(each.name, in_short(_asked(each) or each.value), each.effective_from, each.effective_to or ""),
            *(each.document, each.confidence, word("rule_standing", each.standing, LANGUAGE)),
        )
        for each in found
    ]
    desk.screen.table(text("rules of law", "法定标准"), columns, rows)
    desk.screen.result({"rules": found})


def show(context: typer.Context, name: ParameterArgument) -> None:
    """Every value that it ever had, with its document and the time at which it was signed."""
    desk = session(context)
    known = governed.history(desk.reader, name).known
    for value in known:
        _say(desk, value)
    desk.screen.result({"name": name, "values": [plain(value) for value in known]})


def propose(
    context: typer.Context,
    name: ParameterArgument,
    value: Annotated[str, typer.Argument(metavar="JSON", help=text('{"ppm":500}', '值，如 {"ppm":500}'))],
    effective_from: Annotated[
        date, typer.Option("--from", parser=day, metavar="DAY", help=text("first day in force", "生效日期"))
    ],
    document: Annotated[
        str, typer.Option(parser=short_text, metavar="NUMBER", help=text("the document's number", "文号"))
    ],
    source: Annotated[
        str, typer.Option(parser=short_text, metavar="TEXT", help=text("where the document was read", "出处"))
    ],
    confidence: Annotated[
        Confidence,
        typer.Option(help=text("P: its text was read; S: cited; G: general knowledge", "P 原文，S 转引，G 常识")),
    ],
    effective_to: ToOption = None,
    published: Annotated[
        date | None, typer.Option(parser=day, metavar="DAY", help=text("day of publication", "发布日期"))
    ] = None,
    retro: Annotated[
        Retro, typer.Option(help=text("what becomes of months computed before", "此前月份的处理方式"))
    ] = Retro.NONE,
    until: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DAY", help=text("last day of an optional top-up", "可选择补缴的截止日期")),
    ] = None,
    replaces: Annotated[
        str | None,
        typer.Option(parser=short_text, metavar="NUMBER", help=text("document that it corrects", "所更正的文件")),
    ] = None,
) -> None:
    """For one's own organisation, the union by default: in force once union and regulator have signed."""
    desk = session(context)
    row = typed_row(
        RuleRow(
            name=name,
            effective_from=effective_from,
            document=document,
            source=source,
            confidence=confidence.value,
            retro=retro,
            value=read_json(value),
            effective_to=effective_to,
            published_at=published,
            optional_until=until,
            replaces=replaces,
        ),
        name,
    )
    number = governed.propose_row(desk.client("union", "admin", gives=governed.propose_row), row)
    desk.screen.done(text(f"proposal {number}", f"提案 {number}"), {"proposal": number, "name": name})


def import_(context: typer.Context, file: FileArgument = None) -> None:
    """Propose every row that has a value and is neither in force nor waiting. What is not known stays open."""
    desk = session(context)
    rows = _rows(file)
    given = governed.propose_rows(desk.client("union", "admin", gives=governed.propose_row), rows)
    count = len(given.done)
    desk.screen.say(text(f"{count} proposed, {given.before} there before", f"提出 {count} 项，已有 {given.before} 项"))
    if given.waiting:
        desk.screen.say(
            text(
                f"{given.waiting} go on from a value that is not signed yet: import again after that",
                f"{given.waiting} 项须待前一期标准签署后再次导入",
            )
        )
    if given.unknown:
        desk.screen.say(
            text(
                f"{given.unknown} have a question in place of a value: what needs them stops",
                f"{given.unknown} 项尚无可靠数值，涉及的计算将停止",
            )
        )
    desk.screen.result(_for_scripts(given))
    _refuse_left(given)


def approve(
    context: typer.Context,
    numbers: Annotated[
        list[str] | None,
        typer.Argument(parser=proposal, metavar="[PROPOSAL]...", help=text("PUNION-…", "提案编号")),
    ] = None,
    by: Annotated[
        Path | None,
        typer.Option(
            "--by", metavar="FILE.toml", help=text("all that say what this copy says", "与此文件逐项相符的全部提案")
        ),
    ] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help=text("all that say what this release says", "与本版本所附相符的全部提案"))
    ] = False,
) -> None:
    """For one's own organisation, the regulator by default: by number, or all that agree with one's own copy."""
    desk = session(context)
    if sum((bool(numbers), by is not None, shipped)) != 1:
        raise UsageFault(
            text("expected proposals, or --by FILE, or --shipped", "应给出提案编号，或 --by 文件，或 --shipped")
        )
    admin = desk.client("regulator", "admin", gives=parameter_service.approve)
    if numbers:
        answers = []
        for number in numbers:
            change = parameter_service.change(desk.reader, number)
            if change.proposal.state == "open":
                say_change(desk, change)
            answers.append(parameter_service.approve(admin, number, change.proposal))
            desk.screen.say(f"{number}: {answers[-1].state} ({', '.join(answers[-1].signed)})")
        desk.screen.result({"approved": answers})
        return
    given = governed.approve_rows(admin, _rows(by))
    count = len(given.done)
    desk.screen.say(
        text(f"{count} signed, {given.before} in force before", f"签署 {count} 项，此前已生效 {given.before} 项")
    )
    if given.again:
        listing = ", ".join(given.again)
        desk.screen.say(text(f"in force already, not signed again: {listing}", f"已生效，不重复签署：{listing}"))
    desk.screen.result(_for_scripts(given))
    _refuse_left(given)
    if given.differing:
        listing = ", ".join(given.differing)
        raise NotDone(
            text(f"these say something else, and are not signed: {listing}", f"以下提案与文件不符，未签署：{listing}")
        )


def due(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=0, max=3660, help=text("how far ahead", "提前天数"))] = governed.DUE_DAYS,
    shipped: ShippedOption = False,
) -> None:
    """What expires with nothing signed that follows, what nobody has signed, and what nobody knows."""
    desk = session(context)
    today = day_of(desk.clock()) if shipped else desk.today
    found = governed.due(None if shipped else desk.reader, shipped_rules(), today, days)
    columns = (
        *(text("rule", "标准"), text("from", "自"), text("expires", "到期")),
        *(text("document", "文件"), text("standing", "状态"), text("question", "待查问题")),
    )
    rows = [
        (
            *(each.listed.name, each.listed.effective_from, each.expires or ""),
            *(each.listed.document, word("rule_standing", each.listed.standing, LANGUAGE)),
            _asked(each.listed),
        )
        for each in found
    ]
    desk.screen.table(text("rules that are due", "待处理的法定标准"), columns, rows, folded=True)
    desk.screen.result({"due": found})


def _for_scripts(given: governed.Given) -> dict[str, Any]:
    """Give what became of the rows, refusals in English."""
    refused = [{"of": of, "reason": render(refusal, "en")} for of, refusal in given.refused]
    return {**{name: getattr(given, name) for name in given.__struct_fields__}, "refused": refused}


def _refuse_left(given: governed.Given) -> None:
    """Raises NotDone: the ledger refuses something."""
    if given.refused:
        said = text("; ", "；").join(f"{of}: {render(refusal, LANGUAGE)}" for of, refusal in given.refused)
        raise NotDone(text(f"these were refused: {said}", f"以下各项被拒绝：{said}"))


def _asked(each: governed.Listed) -> str:
    """What is to be found out, in the reader's language."""
    return translated(each.question, LANGUAGE) if each.question else ""


def _rows(file: Path | None) -> tuple[RuleRow, ...]:
    return shipped_rules() if file is None else read_rules(file)


def _say(desk: Session, value: Value) -> None:
    basis = value.basis
    assert basis is not None
    until = value.effective_to or text("on", "起")
    desk.screen.say(f"{value.effective_from} – {until}: {bytes(value.value).decode()}")
    published = basis.published_at or text("day not known", "发布日期不详")
    desk.screen.say(f"    {basis.number} ({published}, {basis.confidence}), {value.source}")
