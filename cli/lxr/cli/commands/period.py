"""lxr union period: the month's end, with what is carried over it."""

from typing import Annotated, Final

import typer

from lxr.chaincode.carried import Item
from lxr.chaincode.period import Figures, months
from lxr.cli.arguments import PeriodArgument
from lxr.cli.ends import NotDone
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.settlement.ledger import close
from lxr.settlement.ledger.open_items import open_items

_FIGURES: Final = {
    "supply_fen": text("LXR in existence", "LXR 总量"),
    "reserve_fen": text("money in custody", "备付金余额"),
    "in_transit_fen": text("attested, on no statement yet", "在途金额"),
    "blocked_fen": text("attested, missing on its statement, unspent", "对账单缺失且未动用金额"),
    "shortfall_fen": text("without money in custody", "备付金缺口"),
    "unmatched_fen": text("debits that nobody knows", "未匹配支出"),
    "minted_fen": text("made so far", "累计生成"),
    "burned_fen": text("destroyed so far", "累计注销"),
    "returned_fen": text("returned so far", "累计退回"),
}
assert tuple(_FIGURES) == Figures.__struct_fields__


def period_close(
    context: typer.Context,
    period: PeriodArgument,
    carry: Annotated[
        bool, typer.Option("--carry", help=text("carry over, by name, all that is open", "将全部未结事项逐项结转下月"))
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
    custody, treasurer = desk.custody(), desk.client("union", "treasurer", gives=close.close_period)
    closed = None if anew else desk.reader.get(months, period)
    if closed is None:
        close.refuse_early(treasurer, period, custody, anew=anew)
    items = open_items(desk.reader, custody, period) if closed is None else closed.carried
    show_items(desk, items)
    if items and closed is None and not carry:
        desk.screen.result({"period": period, "closed": False, "open": [said(item) for item in items]})
        raise NotDone(
            text(
                f"{period} is not closed: {len(items)} items are open; resolve them, or carry them over with --carry",
                f"{period} 未关闭：有 {len(items)} 项未结；请先处理，或用 --carry 逐项结转下月",
            )
        )
    answer = close.close_period(treasurer, period, custody, carry=carry or closed is not None, anew=anew, shown=items)
    show_figures(desk, answer.figures, answer.anew)
    desk.screen.say(
        text(
            f"{period} is closed, {len(items)} items carried over; bank and regulator countersign",
            f"{period} 已关闭，{len(items)} 项结转下月，待银行与监管会签",
        )
    )
    desk.screen.result(
        {
            "period": period,
            "closed": True,
            "figures": answer.figures,
            "signed": answer.signed,
            "anew": answer.anew,
            "carried": [said(item) for item in items],
        }
    )


def show_items(desk: Session, items: tuple[Item, ...]) -> None:
    """Show what is open, by name; nothing where all is resolved."""
    if not items:
        return
    desk.screen.table(
        text("open", "未结事项"),
        (text("what", "事项"), text("name", "编号"), text("yuan", "元")),
        [(kind_of(item), item.name, money(item.amount_fen) if item.amount_fen else "") for item in items],
    )


def show_figures(desk: Session, figures: Figures, anew: int) -> None:
    """Show what a month is closed with, and how often it was closed anew."""
    desk.screen.table(
        text("figures", "关账数据"),
        (text("what", "事项"), text("yuan", "元")),
        [(words, money(getattr(figures, name))) for name, words in _FIGURES.items()],
    )
    if anew:
        times = text("once" if anew == 1 else f"{anew} times", f"{anew} 次")
        desk.screen.say(
            text(
                f"it was closed anew {times}: whoever had signed before signs again",
                f"该月曾重新关账 {times}，此前的会签须重新签署",
            )
        )


def said(item: Item) -> dict[str, object]:
    """Return an item for scripts."""
    return {"kind": item.kind, "name": item.name, "amount_fen": item.amount_fen}


def kind_of(item: Item) -> str:
    """Say what an item is."""
    return {
        "order": text("payment that the bank has", "在途付款"),
        "returned": text("payment that came back", "退回的款项"),
        "orders": text("further payments that the bank has", "其余在途付款"),
        "returns": text("further payments that came back", "其余退回的款项"),
        "cashout": text("cash-out of wages that came back", "退回工资的提现批次"),
        "deposit": text("deposit on no statement", "对账单未载的存款"),
        "line": text("line that waits", "待核实的对账单行"),
        "lines": text("further credits that wait", "其余待核实的入账"),
        "shortfall": text("shortfall", "托管资金短缺"),
        "run": text("payday that is not finished", "未完成的发薪"),
        "row": text("row that is disputed or contested", "有异议或争议的记录"),
        "rows": text("further rows that are disputed or contested", "其余有异议或争议的记录"),
    }[item.kind]
