"""lxr union period: the month's end, with what is carried over it."""

from typing import Annotated

import typer

from lxr_chaincode.carried import Item
from lxr_chaincode.period import ClosePeriod, months
from lxr_cli.arguments import PeriodArgument
from lxr_cli.ends import NotDone
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_settlement import close


def period_close(
    context: typer.Context,
    period: PeriodArgument,
    carry: Annotated[
        bool, typer.Option("--carry", help=text("carry over, by name, all that is open", "将全部未结事项逐项转入下月"))
    ] = False,
    anew: Annotated[
        bool,
        typer.Option("--anew", help=text("once more, until all have countersigned it", "在各方会签完成之前重新关账")),
    ] = False,
) -> None:
    """When every run is finished and the bank's statements reach its end. What is open is listed and closes nothing.

    The next month closes only after the bank has countersigned what was carried.
    """
    desk = session(context)
    custody, treasurer = desk.custody(), desk.client("union", "treasurer", gives=ClosePeriod)
    closed = None if anew else desk.reader.get(months, period)
    if closed is None:
        close.refuse_early(treasurer, period, custody, anew=anew)
    items = close.open_items(desk.reader, custody, period) if closed is None else closed.carried
    if items:
        show_items(desk, items)
    if items and closed is None and not carry:
        desk.screen.result({"period": period, "closed": False, "open": [said(item) for item in items]})
        raise NotDone(
            text(
                f"{period} is not closed: {len(items)} items are open; resolve them, or carry them over with --carry",
                f"{period} 未关闭：有 {len(items)} 项未结；请先处理，或用 --carry 逐项转入下月",
            )
        )
    answer = close.close_period(treasurer, period, custody, carry=carry or closed is not None, anew=anew)
    desk.screen.say(
        text(
            f"{period} is closed, {len(items)} items carried over; bank and regulator countersign",
            f"{period} 已关闭，{len(items)} 项转入下月，待银行与监管会签",
        )
    )
    desk.screen.result(
        {
            "period": period,
            "closed": True,
            "figures": answer.figures,
            "signed": answer.signed,
            "carried": [said(item) for item in items],
        }
    )


def show_items(desk: Session, items: tuple[Item, ...]) -> None:
    """Show what is open, by name."""
    desk.screen.table(
        text("open", "未结事项"),
        (text("what", "事项"), text("name", "编号"), text("yuan", "元")),
        [(kind_of(item), item.name, money(item.amount_fen) if item.amount_fen else "") for item in items],
    )


def said(item: Item) -> dict[str, object]:
    """Return an item for scripts."""
    return {"kind": item.kind, "name": item.name, "amount_fen": item.amount_fen}


def kind_of(item: Item) -> str:
    """Say what an item is."""
    return {
        "order": text("payment that the bank has", "在途付款"),
        "returned": text("payment that came back", "退回的款项"),
        "cashout": text("cash-out of wages that came back", "退回工资的结转"),
        "deposit": text("deposit on no statement", "对账单未载的存款"),
        "line": text("line that waits", "待认定的对账单行"),
        "lines": text("further credits that wait", "其余待认定的入账"),
        "shortfall": text("shortfall", "托管资金短缺"),
        "run": text("payday that is not finished", "未完成的发薪"),
        "row": text("row that is disputed or contested", "有异议或争议的记录"),
    }[item.kind]
