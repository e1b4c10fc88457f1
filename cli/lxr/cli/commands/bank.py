"""lxr bank: what it says of single deposits, ahead of its statement."""

from datetime import date
from typing import Annotated

import typer

from lxr.chaincode.custody_records import Attestation, InTransit, Transit, attestations, transits
from lxr.cli.arguments import (
    AmountArgument,
    BookedArgument,
    EmployerArgument,
    ReasonOption,
    booking_of,
    day,
)
from lxr.cli.ends import UsageFault
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.settlement.bank import deposits
from lxr.settlement.keys import BookingKey


def attest_deposit(
    context: typer.Context,
    employer: EmployerArgument,
    amount_fen: AmountArgument,
    booking: Annotated[
        str,
        typer.Option(parser=booking_of, metavar="BOOKING", help=text("the bank's booking reference", "银行入账号")),
    ],
    at_day: Annotated[
        date | None,
        typer.Option("--day", parser=day, metavar="DAY", help=text("of the booking; today, if not given", "入账日")),
    ] = None,
) -> None:
    """The same amount of LXR comes into being, once for each booking day and reference. Its line confirms it."""
    desk = session(context)
    teller = desk.client("bank", "teller", gives=deposits.attest_deposit)
    at_day = at_day or _unnamed_day(desk, booking, employer, amount_fen)
    answer = deposits.attest_deposit(teller, desk.custody(), at_day, booking, employer, amount_fen)
    at, fen = BookingKey(at_day, booking), money(amount_fen)
    if desk.reader.need(attestations, desk.custody(), at_day, booking).state == "confirmed":
        line = text(f"{at}: a statement has confirmed it already", f"{at}：此前已由对账单确认")
    else:
        line = text(
            f"{at}: {fen} LXR for {employer}, until the statement of that day confirms it",
            f"{at}：{employer} 获得 {fen} LXR，待当日对账单确认",
        )
    desk.screen.done(line, answer)


def _unnamed_day(desk: Session, booking: str, employer: str, amount_fen: int) -> date:
    """The booking day of a deposit that is given without one: its own, if it waits, so that again does nothing.

    Raises UsageFault: the reference is another day's already, and this might be the same deposit.
    """
    found = deposits.known(desk.reader, desk.custody(), booking)
    for each in reversed(found):
        if each.waits and (each.employer, each.amount_fen) == (employer, amount_fen):
            return each.day
    for each in reversed(found):
        if each.day != desk.today:
            at, fen = BookingKey(each.day, booking), money(each.amount_fen)
            there = text("attested", "已证实") if each.waits else text("on a statement", "已在对账单中")
            raise UsageFault(
                text(
                    f"{at} is {there} already, with {fen}; give --day with the booking day if this is another deposit",
                    f"{at} {there}，金额 {fen}；如为另一笔存款，请用 --day 给出其入账日",
                )
            )
    return desk.today


def cosign(context: typer.Context, booked: BookedArgument) -> None:
    """As bank/admin, or by --as as another teller: payouts may take it until its day's statement is due."""
    desk = session(context)
    answer = deposits.cosign_deposit(
        desk.client("bank", "admin", gives=deposits.cosign_deposit), desk.custody(), booked.day, booked.booking
    )
    desk.screen.done(
        text(f"{booked}: signed by two persons of the bank", f"{booked}：已由银行两人签署"),
        answer,
    )


def reverse(context: typer.Context, booked: BookedArgument, reason: ReasonOption) -> None:
    """The union must agree; what was spent meanwhile is the employer's shortfall, which stops its payouts."""
    desk = session(context)
    teller = desk.client("bank", "teller", gives=deposits.reverse_deposit)
    answer = deposits.reverse_deposit(teller, desk.custody(), booked.day, booked.booking, reason)
    desk.screen.done(text(f"{booked}: waiting for the union", f"{booked}：等待工会同意"), answer)


def agree(context: typer.Context, booked: BookedArgument) -> None:
    """Burn what is still there of the wrong deposit."""
    desk = session(context)
    treasurer = desk.client("union", "treasurer", gives=deposits.agree_reversal)
    answer = deposits.agree_reversal(treasurer, desk.custody(), booked.day, booked.booking)
    shortfall_fen = answer.shortfall_fen
    desk.screen.done(
        text(
            f"{booked}: reversed; short of {money(shortfall_fen)} in custody",
            f"{booked}：已冲回；托管资金短缺 {money(shortfall_fen)}",
        ),
        answer,
    )


def deposit_list(context: typer.Context) -> None:
    """Those that no statement has confirmed yet: attested, missing from their day's statement, reversal proposed."""
    desk = session(context)
    custody = desk.custody()
    there = (desk.reader.get(transits, custody) or Transit()).deposits
    found = desk.reader.get_each(attestations, [(custody, each.day, each.booking) for each in there])
    pairs = [(each, deposit) for each, deposit in zip(there, found, strict=True) if deposit is not None]
    desk.screen.table(
        text("deposits on no statement", "未经对账单确认的存款"),
        (
            text("booking", "入账"),
            text("employer", "用工单位"),
            text("yuan", "元"),
            text("state", "状态"),
            text("blocked", "已冻结"),
            text("reason of the reversal", "冲回理由"),
        ),
        [
            (
                str(BookingKey(each.day, each.booking)),
                each.employer,
                money(each.amount_fen),
                _state(each, deposit),
                money(deposit.blocked_fen),
                deposit.reversal or "",
            )
            for each, deposit in pairs
        ],
    )
    desk.screen.result(
        {
            "deposits": [
                {
                    "day": each.day,
                    "booking": each.booking,
                    "employer": each.employer,
                    "amount_fen": each.amount_fen,
                    "state": deposit.state,
                    "cosigned": each.cosigned,
                    "reversal": deposit.reversal,
                    "blocked_fen": deposit.blocked_fen,
                }
                for each, deposit in pairs
            ]
        }
    )


def _state(each: InTransit, deposit: Attestation) -> str:
    if deposit.reversal is not None:
        return text("reversal proposed", "已提出冲回")
    if each.missing:
        return text("missing", "对账单缺此笔")
    return text("attested by two persons", "两人证实") if each.cosigned else text("attested", "已证实")
