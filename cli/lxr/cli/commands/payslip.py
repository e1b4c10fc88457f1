"""lxr worker payslip: one payday's pay, item by item."""

from typing import Any

import typer
from msgspec.structs import asdict

from lxr.chaincode.runs import PayPart
from lxr.chaincode.taken import dated
from lxr.cli.arguments import RunArgument, WorkerArgument
from lxr.cli.ends import NotKnownYet
from lxr.cli.screen import money
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.settlement.pay import payday


def payslip(context: typer.Context, worker: WorkerArgument, run: RunArgument) -> None:
    """Every item, what was kept back, and what is left."""
    desk = session(context)
    worker = desk.worker(worker)
    line = payday.payslip(desk.reader, run, worker)
    if line is None:
        raise NotKnownYet(text(f"{worker} has no pay line in {run}", f"{run} 中没有 {worker} 的工资条"))
    rows: list[tuple[object, ...]] = [
        (f"{part.start}…{part.end}", item.rule, item.quantity, money(item.amount_fen))
        for part in line.parts
        for item in part.items
    ]
    rows += [
        ("", text("paid before", "此前已计"), "", money(-part.before_fen)) for part in line.parts if part.before_fen
    ]
    for part in line.parts:
        if part.too_much_fen:
            rows.append(("", text("paid too much, not taken back", "多付（不予扣回）"), "", money(part.too_much_fen)))
        if part.kept_back_fen:
            held = text("held: contested by the employer", "单位提出争议，暂存")
            rows.append(("", held, "", money(-part.kept_back_fen)))
    rows.append(("", text("gross", "应发"), "", money(line.gross_fen)))
    rows += [("", deduction.kind, "", money(-deduction.fen)) for deduction in line.deductions]
    rows.append(("", text("net", "实发"), "", money(line.net_fen)))
    headers = (text("period", "期间"), text("item", "项目"), text("quantity", "数量"), text("yuan", "元"))
    desk.screen.table(f"{worker} · {run}", headers, rows)
    desk.screen.result({"worker": worker, "run": run, "line": {**asdict(line), "parts": [*map(_named, line.parts)]}})


def _named(part: PayPart) -> dict[str, Any]:
    """The part with a name for every field, and the rows by day and version."""
    return {
        **asdict(part),
        "items": [asdict(item) for item in part.items],
        "taken": dated(part.taken, part.start),
        "dropped": dated(part.dropped, part.start),
    }
