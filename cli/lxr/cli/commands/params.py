"""Governed parameters, as union, bank and regulator each propose, sign and see them."""

from datetime import date
from typing import Annotated, Any

import msgspec
import typer

from lxr.chaincode.nesting import refuse_nested
from lxr.chaincode.parameter_definitions import definition_of
from lxr.chaincode.parameters import Value, parameters
from lxr.chaincode.refusals import MalformedCommand
from lxr.cli.arguments import ParameterArgument, ProposalArgument, ToOption, day, short_text, wrong
from lxr.cli.session import Session, group_of, session
from lxr.cli.texts.language import text
from lxr.settlement.ledger import parameters as parameter_service
from lxr.settlement.ledger.parameters import Change

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
    seed = parameter_service.Seed(name, read_json(value), effective_from, source, effective_to)
    number = parameter_service.propose(desk.client(group_of(context), "admin"), seed)
    desk.screen.done(text(f"proposal {number}", f"提案 {number}"), {"proposal": number, "name": name})


def approve(context: typer.Context, proposal: ProposalArgument) -> None:
    """One's own organisation's signature, under what is shown before it is given."""
    desk = session(context)
    change = parameter_service.change(desk.reader, proposal)
    if change.proposal.state == "open":
        say_change(desk, change)
    answer = parameter_service.approve(desk.client(group_of(context), "admin"), proposal, change.proposal)
    desk.screen.done(f"{proposal}: {answer.state} ({', '.join(answer.signed)})", answer)


def show(context: typer.Context) -> None:
    """The values in force, each with its days: what another took the place of is not among them."""
    desk = session(context)
    values = [
        {"name": key[0], **plain(value)}
        for key, parameter in desk.reader.scan(parameters)
        for value in parameter.values
    ]
    waiting = parameter_service.open_changes(desk.reader)
    columns = ("name", "value", "effective_from", "effective_to", "source")
    names = (
        *(text("name", "名称"), text("value", "值"), text("from", "自"), text("to", "至")),
        text("source", "依据"),
    )
    shown = [[in_short(each[column]) for column in columns] for each in values]
    desk.screen.table(text("parameters", "参数"), names, shown)
    if waiting:
        desk.screen.say(text("open proposals", "待签提案"))
    for change in waiting:
        say_change(desk, change)
    desk.screen.result({"parameters": values, "proposals": [_as_json(change) for change in waiting]})


def say_change(desk: Session, change: Change) -> None:
    """All that a signer needs to know of a proposal, uncut."""
    proposal = change.proposal
    say = desk.screen.say
    say(text(f"  {change.number}: {proposal.name}", f"  {change.number}：{proposal.name}"))
    for value in change.before:
        say("    " + text("in force: ", "现行值：") + _dated(value))
    if not change.before:
        otherwise = definition_of(proposal.name).otherwise
        en, zh = ("", "") if otherwise is None else (f", so {otherwise} holds", f"，适用 {otherwise}")
        say("    " + text(f"in force: nothing on these days{en}", f"现行值：在该期间无{zh}"))
    say("    " + text("proposed: ", "拟定值：") + _dated(proposal.value))
    new = plain(proposal.value)["value"]
    for value in change.before:
        old = plain(value)["value"]
        if isinstance(old, list) and isinstance(new, list):  # a year's rest days: nobody compares two lists by eye
            added, gone = ([each for each in one if each not in other] for one, other in ((new, old), (old, new)))
            say("    " + text("added: ", "增加：") + (_words(added) or text("nothing", "无")))
            say("    " + text("left out: ", "去除：") + (_words(gone) or text("nothing", "无")))
    say("    " + text("source: ", "依据：") + proposal.value.source)
    say("    " + text("signed: ", "已签：") + ", ".join(proposal.signed))
    say("    " + text("still to sign: ", "待签：") + ", ".join(change.missing))


def _as_json(change: Change) -> dict[str, Any]:
    proposal = change.proposal
    known = {"proposal": change.number, "name": proposal.name, "signed": proposal.signed, "missing": change.missing}
    return {**known, **plain(proposal.value), "before": [plain(value) for value in change.before]}


def _dated(value: Value) -> str:
    first, last = value.effective_from, value.effective_to
    days = text(f"from {first}", f"自 {first}") + ("" if last is None else text(f" to {last}", f" 至 {last}"))
    return f"{_words(plain(value)['value'])} ({days})"


def read_json(value: str) -> Any:
    """Return the value that was given in JSON. Raises UsageFault."""
    try:
        data = value.encode()
        refuse_nested(data)
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, MalformedCommand):
        raise wrong(value, 'JSON, like 2300 or "text"', ' JSON，如 2300 或 "文本"') from None


def plain(value: Value) -> dict[str, Any]:
    """A parameter's value with its days and its source, as JSON has them."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


def in_short(value: Any) -> str:
    """A value as a table shows it, cut where it is long."""
    shown = _words(value)
    return shown if len(shown) <= SHORT else f"{shown[: SHORT - 1]}…"


def _words(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return msgspec.json.encode(value).decode()
