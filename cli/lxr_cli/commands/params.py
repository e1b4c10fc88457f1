"""Governed parameters, as union, bank and regulator each propose, sign and see them."""

from datetime import date
from typing import Annotated, Any

import msgspec
import typer

from lxr_chaincode.governance import Value, parameters, proposals
from lxr_cli.arguments import ParameterArgument, ProposalArgument, ToOption, day, short_text, wrong
from lxr_cli.language import text
from lxr_cli.session import group_of, session
from lxr_settlement import parameters as parameter_service

SHORT = 40
"""How much of a value the table shows; --json shows all of it."""


def propose(
    context: typer.Context,
    name: ParameterArgument,
    value: Annotated[str, typer.Argument(metavar="JSON", help=text('2300 or "text"', '值，如 2300 或 "文本"'))],
    effective_from: Annotated[
        date, typer.Option("--from", parser=day, metavar="DAY", help=text("first day in force", "生效日期"))
    ],
    source: Annotated[
        str, typer.Option(parser=short_text, metavar="TEXT", help=text("the document it comes from", "文件依据"))
    ],
    effective_to: ToOption = None,
) -> None:
    """It is in force once every organisation that its policy names has signed."""
    desk = session(context)
    try:
        given = msgspec.json.decode(value)
    except msgspec.DecodeError:
        raise wrong(value, 'JSON, like 2300 or "text"', ' JSON，如 2300 或 "文本"') from None
    seed = parameter_service.Seed(name, given, effective_from, source, effective_to)
    number = parameter_service.propose(desk.client(group_of(context), "admin"), seed)
    desk.screen.done(text(f"proposal {number}", f"提案 {number}"), {"proposal": number, "name": name})


def approve(context: typer.Context, proposal: ProposalArgument) -> None:
    """One's own organisation's signature."""
    desk = session(context)
    answer = parameter_service.approve(desk.client(group_of(context), "admin"), proposal)
    desk.screen.done(f"{proposal}: {answer['state']} ({', '.join(answer['signed'])})", answer)


def show(context: typer.Context) -> None:
    """The values in force, each with its days: what another took the place of is not among them."""
    desk = session(context)
    values = [
        {"name": key[0], **plain(value)}
        for key, parameter in desk.reader.scan(parameters)
        for value in parameter.values
    ]
    waiting = [
        {
            "proposal": key[0],
            "name": proposal.name,
            "signed": proposal.signed,
            **msgspec.to_builtins(proposal.value),
        }
        for key, proposal in desk.reader.scan(proposals)
        if proposal.state == "open"
    ]
    columns = ("name", "value", "effective_from", "effective_to", "source")
    names = (
        *(text("name", "名称"), text("value", "值"), text("from", "自"), text("to", "至")),
        text("source", "依据"),
    )
    shown = [[_short(each[column]) for column in columns] for each in values]
    desk.screen.table(text("parameters", "参数"), names, shown)
    if waiting:
        shown = [[_short(each[column]) for column in ("proposal", *columns, "signed")] for each in waiting]
        headers = (text("proposal", "提案"), *names, text("signed", "已签"))
        desk.screen.table(text("open proposals", "待签提案"), headers, shown)
    desk.screen.result({"parameters": values, "proposals": waiting})


def plain(value: Value) -> dict[str, Any]:
    """A parameter's value with its days and its source, as JSON has them."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


def _short(value: Any) -> str:
    match value:
        case None:
            shown = ""
        case str():
            shown = value
        case list() | tuple():
            shown = ", ".join(map(str, value))
        case _:
            shown = msgspec.json.encode(value).decode()
    return shown if len(shown) <= SHORT else f"{shown[: SHORT - 1]}…"
