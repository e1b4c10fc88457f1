"""The bank's files of a cash-out, prepared by one person, approved by another, and accepted by the bank."""

from typing import Annotated

import typer

from lxr.chaincode.cashout_records import CashOutState, cash_outs
from lxr.cli.arguments import CashOutArgument, CashOutsArgument, short_text
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.settlement.bank import instruction
from lxr.settlement.bank.instruction import Instruction
from lxr.settlement.bank.payment_forms import PaymentForm, form_of
from lxr.settlement.bank.platform_accounts import payees
from lxr.settlement.bank.same_account import DECISIONS, Decision, keep, sent_back
from lxr.settlement.bank.transfers import CUSTODIAN
from lxr.settlement.errors import InputFault
from lxr.token.refusal import Refusal


def instruct(
    context: typer.Context,
    number: CashOutArgument,
    same_account: Annotated[
        str | None,
        typer.Option(
            "--same-account",
            parser=short_text,
            metavar="TEXT",
            help=text(
                "why what came back may go to the same account again; kept at the office, not on the ledger",
                "退回款再次付至原账户的理由（仅存于工会，不上账本）",
            ),
        ),
    ] = None,
) -> None:
    """Each account is checked against what the worker's key has approved. The bank gets nothing yet."""
    desk = session(context)
    treasurer = desk.client("union", "treasurer", gives=instruction.instruct)
    if same_account is not None and desk.reader.need(cash_outs, number).state is CashOutState.OPEN:
        decisions = [
            Decision(number, case.order, same_account, treasurer.person, treasurer.now_ms())
            for case in sent_back(treasurer, desk.people, number)
        ]
        keep(desk.consortium.store_path.with_name(DECISIONS), decisions)
    said = instruction.instruct(
        treasurer,
        desk.people,
        number,
        CUSTODIAN,
        desk.now,
        desk.today,
        platform_payees=payees(desk.people),
        payments_max=desk.consortium.bank_payments_max,
        form=payment_form(desk),
        same_account=same_account is not None,
    )
    show(desk, said)


def approve(context: typer.Context, number: CashOutArgument) -> None:
    """As union/operator or by --as, by another person than prepared it. Made anew, compared, then given to the bank.

    Until the bank has accepted it, it can be cancelled.
    """
    desk = session(context)
    approver = desk.client("union", "operator", gives=instruction.approve)
    said = instruction.approve(
        approver,
        desk.people,
        number,
        desk.consortium.bank_dir,
        CUSTODIAN,
        platform_payees=payees(desk.people),
        form=payment_form(desk),
    )
    show(desk, said)


def accept(context: typer.Context, numbers: CashOutsArgument = None) -> None:
    """The bank's teller says that the bank holds all its files: from here on it is paid, and no longer cancelled."""
    desk = session(context)
    teller = desk.client("bank", "teller", gives=instruction.accept)
    if not numbers:
        numbers = [key[0] for key, head in desk.reader.scan(cash_outs) if head.state is CashOutState.INSTRUCTED]
    form = payment_form(desk)
    accepted: list[Instruction] = []
    refused: list[InputFault | Refusal] = []
    for number in numbers:
        try:
            found = instruction.accept(
                teller, number, desk.consortium.bank_dir, payments_max=desk.consortium.bank_payments_max, form=form
            )
        except (InputFault, Refusal) as fault:
            refused.append(fault)  # told once the others, who have nothing to do with it, are accepted
            continue
        accepted.append(found)
        desk.screen.say(
            text(
                f"{number}: accepted, {found.count} orders, {money(found.total_fen)}",
                f"{number}：已受理，{found.count} 笔，{money(found.total_fen)}",
            )
        )
    if refused:
        raise refused[0]
    if not accepted:
        desk.screen.say(text("no cash-out waits for the bank", "没有待银行受理的提现批次"))
    desk.screen.result({"accepted": accepted})


def payment_form(desk: Session) -> PaymentForm:
    """The form of the bank's files, as consortium.toml says. Raises InputFault: there is no such form."""
    return form_of(desk.consortium.payment_file, desk.consortium.batch_booking, desk.consortium.directory)


def show(desk: Session, said: Instruction) -> None:
    """What the files pay, and where they lie or who must still approve them."""
    if len(said.files) > 1:
        for file in said.files:
            desk.screen.say(
                text(
                    f"  {file.message_id}: {file.count} orders, {money(file.total_fen)}",
                    f"  {file.message_id}：{file.count} 笔，{money(file.total_fen)}",
                )
            )
    waiting = ", ".join(text(" or ", "或").join(roles) for roles in said.waiting_for)
    paths = [str(file.path) for file in said.files if file.path is not None]
    if waiting:
        stands = text(f"waiting for the union's {waiting}", f"待工会 {waiting} 复核")
    else:
        stands = ", ".join(paths) if paths else text("approved already", "此前已复核")
    desk.screen.done(
        text(
            f"{said.count} orders, {money(said.total_fen)}: {stands}",
            f"{said.count} 笔，{money(said.total_fen)}：{stands}",
        ),
        said,
    )
