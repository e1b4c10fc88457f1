"""lxr bank: what it says of single deposits."""

from typing import Annotated

import typer

from lxr_chaincode.custody import AssignDeposit, ReverseDeposit
from lxr_cli.arguments import AmountArgument, BookingArgument, EmployerArgument, ReasonOption
from lxr_cli.arguments import booking as booking_no
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import session
from lxr_settlement import deposits


def attest_deposit(
    context: typer.Context,
    employer: EmployerArgument,
    amount_fen: AmountArgument,
    booking: Annotated[
        str,
        typer.Option(parser=booking_no, metavar="BOOKING", help=text("the bank's booking reference", "银行入账号")),
    ],
) -> None:
    """The same amount of LXR comes into being, once for each booking reference."""
    desk = session(context)
    teller = desk.client("bank", "teller")
    answer = deposits.attest_deposit(teller, desk.custody(), booking, employer, amount_fen)
    desk.screen.done(
        text(f"{money(amount_fen)} LXR for {employer}", f"{employer} 获得 {money(amount_fen)} LXR"), answer
    )


def assign(context: typer.Context, booking: BookingArgument, employer: EmployerArgument) -> None:
    """A credit whose payer was not known goes to its employer."""
    desk = session(context)
    command = AssignDeposit(
        request_id=f"assign:{booking}", custody=desk.custody(), booking=booking, employer_no=employer
    )
    answer = desk.client("bank", "teller").submit(command)
    desk.screen.done(text(f"{booking} is {employer}'s", f"{booking} 归 {employer}"), answer)


def reverse(context: typer.Context, booking: BookingArgument, reason: ReasonOption) -> None:
    """The union must agree; what was spent meanwhile is a shortfall that stops payouts."""
    desk = session(context)
    command = ReverseDeposit(request_id=f"reverse:{booking}", custody=desk.custody(), booking=booking, reason=reason)
    answer = desk.client("bank", "teller").submit(command)
    desk.screen.done(text(f"{booking}: waiting for the union", f"{booking}：等待工会同意"), answer)


def agree(context: typer.Context, booking: BookingArgument) -> None:
    """Burns what is still there of the wrong deposit."""
    desk = session(context)
    answer = deposits.agree_reversal(desk.client("union", "treasurer"), desk.custody(), booking)
    shortfall_fen = answer.shortfall_fen
    desk.screen.done(text(f"reversed; short of {money(shortfall_fen)}", f"已冲回；短缺 {money(shortfall_fen)}"), answer)
