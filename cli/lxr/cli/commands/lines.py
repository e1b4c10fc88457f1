"""Lines of a statement of which nobody knows for certain what they are: the bank says it, the union agrees."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from lxr.chaincode.custody_records import PLATFORM, Booking, bookings
from lxr.chaincode.lines import Line, Target
from lxr.cli.arguments import BookedArgument, EmployerArgument, FilesArgument, amount, booked, employer, order
from lxr.cli.commands.instruction import payment_form
from lxr.cli.commands.statements import statements
from lxr.cli.ends import UsageFault
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import spoken, text
from lxr.cli.texts.told import in_words
from lxr.cli.texts.words import kind
from lxr.settlement.bank import proposals, waiting_lines
from lxr.settlement.bank.line_words import direction_words, marks_words, target_words
from lxr.settlement.bank.matching.files import statements_in
from lxr.settlement.bank.matching.payees import HeldFiles
from lxr.settlement.bank.model import Statement
from lxr.settlement.keys import BookingKey


def list_(context: typer.Context) -> None:
    """Of each its age up to the last statement, what marks it bears, and what the bank says of it."""
    desk = session(context)
    found = waiting_lines.waiting(desk.reader, desk.custody())
    desk.screen.table(
        text("lines that wait", "待核实的对账单行"),
        (
            text("line", "对账单行"),
            text("days", "天数"),
            text("direction", "方向"),
            text("yuan", "元"),
            text("marks", "标记"),
            text("proposed", "银行提议"),
        ),
        [
            (
                each.line,
                each.age_days,
                spoken(direction_words(credit=each.credit)),
                money(each.amount_fen),
                spoken(marks_words(each)),
                "" if each.proposal is None else spoken(target_words(each.proposal.target, credit=each.credit)),
            )
            for each in found
        ],
    )
    desk.screen.result({"lines": found})


def assign(
    context: typer.Context,
    at: BookedArgument,
    of_order: Annotated[
        str | None,
        typer.Option(
            "--order",
            parser=order,
            metavar="ORDER",
            help=text("it pays this order, or returns it", "该指令的支付或退回"),
        ),
    ] = None,
    of_employer: Annotated[
        str | None,
        typer.Option(
            "--employer",
            parser=employer,
            metavar="EMPLOYER",
            help=text("its deposit, or what it gets back", "该单位的存款，或退还给它的款项"),
        ),
    ] = None,
    platform: Annotated[
        bool, typer.Option("--platform", help=text("the bank's fee or interest", "银行手续费或利息"))
    ] = False,
    undoes: Annotated[
        BookingKey | None,
        typer.Option(parser=booked, metavar="DAY/BOOKING", help=text("it undoes this earlier line", "冲销该行")),
    ] = None,
    deposit: Annotated[
        BookingKey | None,
        typer.Option(
            parser=booked,
            metavar="DAY/BOOKING",
            help=text("it is the line of this attested deposit", "该笔已证实存款的对账单行"),
        ),
    ] = None,
    part: Annotated[
        list[int] | None,
        typer.Option(
            parser=amount,
            metavar="YUAN",
            help=text(
                "one of several things that it is; given once for each, then each is assigned as DAY/BOOKING~1, ~2, …",
                "其中一部分的金额，每部分给出一次；之后各部分以 DAY/BOOKING~1、~2……分别说明",
            ),
        ),
    ] = None,
) -> None:
    """The union must agree; the employer too, where a debit takes its money. Until then it can be said anew."""
    named = [
        *([Target("order", of_order)] if of_order else []),
        *([Target("employer", of_employer)] if of_employer else []),
        *([Target("platform", PLATFORM)] if platform else []),
        *([Target("line", str(undoes))] if undoes else []),
        *([Target("deposit", str(deposit))] if deposit else []),
        *([Target("parts", "", tuple(part))] if part else []),
    ]
    if len(named) != 1:
        raise UsageFault(
            text(
                "expected one of --order, --employer, --platform, --undoes, --deposit, --part",
                "须给出 --order、--employer、--platform、--undoes、--deposit、--part 之一",
            )
        )
    desk = session(context)
    teller = desk.client("bank", "teller", gives=waiting_lines.assign)
    answer = waiting_lines.assign(teller, desk.custody(), at.day, at.booking, named[0])
    if answer.kind != "waiting":
        line = text(f"{at} is booked already, as {kind(answer.kind)}", f"{at}：此前已入账（{kind(answer.kind)}）")
    else:
        target = spoken(target_words(named[0], credit=answer.line.credit))
        line = text(f"{at} is {target}: waiting for the union", f"{at}：{target}；等待工会同意")
    desk.screen.done(line, answer)


def propose(
    context: typer.Context,
    files: FilesArgument = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help=text("say so as the bank's teller", "以银行柜员身份照此说明")),
    ] = False,
) -> None:
    """By ids, amounts, accounts and names, by the bank's codes, and by whole files; what is not certain is only listed.

    A line of several orders is split into parts first; when the union has agreed, the same again proposes each part's
    order.
    """
    desk = session(context)
    found = proposals.propose(desk.reader, desk.custody(), *evidence(desk, files))
    desk.screen.table(
        text("proposed", "建议说明"),
        (
            text("line", "对账单行"),
            text("yuan", "元"),
            text("proposed", "建议"),
            text("why", "依据"),
            text("certain", "确定"),
            text("said", "银行已说明"),
        ),
        [
            (
                each.line,
                money(each.amount_fen),
                spoken(target_words(one.target, credit=each.credit)),
                in_words(one.why),
                "" if each.target is None else text("yes", "是"),
                text("yes", "是") if each.stands == one.target else "",
            )
            for each in found
            for one in each.candidates
        ],
        folded=True,
    )
    said = 0
    if accept:
        teller = desk.client("bank", "teller", gives=proposals.accept)
        with desk.screen.progress(text("signing", "签署")) as step:
            said = proposals.accept(teller, desk.custody(), found, step)
        desk.screen.say(text(f"{said} lines said: waiting for the union", f"已说明 {said} 行；等待工会同意"))
    desk.screen.result({"proposals": found, "said": said})


def evidence(desk: Session, files: list[Path] | None) -> tuple[Iterator[Statement], HeldFiles]:
    """What is known beside the ledger: the statements named, else those of the bank's outbox, and the bank's inbox."""
    given = statements_in(files or statements(desk), desk.custody())
    return given, HeldFiles(desk.reader, desk.consortium.bank_dir / "inbox", payment_form(desk))


def agree(context: typer.Context, at: BookedArgument) -> None:
    """Show what the bank says the line is, and sign exactly that."""
    desk = session(context)
    treasurer = desk.client("union", "treasurer", gives=waiting_lines.agree)
    answer = waiting_lines.agree(treasurer, desk.custody(), at.day, at.booking, _shown_on(desk))
    _done(desk, at, answer)


def consent(context: typer.Context, number: EmployerArgument, at: BookedArgument) -> None:
    """Show what of the employer's the line takes, and sign exactly that."""
    desk = session(context)
    signer = desk.client("employer", "signer", number, gives=waiting_lines.consent)
    answer = waiting_lines.consent(signer, number, desk.custody(), at.day, at.booking, _shown_on(desk))
    _done(desk, at, answer)


def _shown_on(desk: Session) -> waiting_lines.Show:
    def show(booking: Booking) -> None:
        if booking.proposal is not None:
            desk.screen.say(_said(booking, booking.line, booking.proposal.target))

    return show


def _said(booking: Booking, line: Line, target: Target) -> str:
    facts = spoken(marks_words(line))
    facts = f" ({facts})" if facts else ""
    way, amount = spoken(direction_words(credit=line.credit)), money(booking.waiting_fen or line.amount_fen)
    place = text(f"{line.key}: ", f"{line.key}：")
    return f"{place}{way} {amount}{facts} → {spoken(target_words(target, credit=line.credit))}"


def _done(desk: Session, at: BookingKey, answer: object) -> None:
    booking = desk.reader.need(bookings, desk.custody(), at.day, at.booking)
    if booking.kind == "waiting":
        line = text(f"{at}: signed; another signature is needed", f"{at}：已签署，尚需另一方签署")
    else:
        line = text(f"{at}: booked as {kind(booking.kind)}", f"{at}：已入账（{kind(booking.kind)}）")
    desk.screen.done(line, answer)
