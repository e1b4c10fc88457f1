"""A bank's table for paying wages (代发工资), by its template: the same bytes for the same order, or a fault by row."""

import re
from typing import Final

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.bank_names import bank_name
from lxr.settlement.bank.formats.pain001 import END_TO_END_ID
from lxr.settlement.bank.formats.pay_template import Column, Template, filled
from lxr.settlement.bank.formats.sheet_rows import rows_of
from lxr.settlement.bank.formats.texts import Place
from lxr.settlement.bank.formats.workbook import workbook
from lxr.settlement.bank.model import PaymentFile, Transfer
from lxr.settlement.work.intake.form import Form

_FORMULA: Final = re.compile(r"[=+\-@＝＋－＠]")
"""With which a spreadsheet has a formula begin."""
_YES, _NO = 0, 1


def write(order: PaymentFile, template: Template) -> bytes:
    """Return the table. Raises InputFault, naming the payment from 1: what the bank's form cannot hold."""
    place = Place(f"payment order {order.message_id}", "", None)
    rows = _rows(order, template, place)
    if template.file == "workbook":
        first = len(template.above) + template.titles
        numbers = [column for column, each in enumerate(template.columns) if each.number]
        data = workbook(
            template.sheet,
            rows,
            frozenset((first + row, column) for row in range(len(order.transfers)) for column in numbers),
        )
    else:
        text = _text(rows, template, place)
        data = text.encode("utf-8-sig" if template.mark else template.encoding)
    if len(data) > texts.BYTES_MAX:
        raise place.fault(
            Said("has {count} bytes", count=len(data)), Said("at most {bytes_max}", bytes_max=texts.BYTES_MAX)
        )
    return data


def read(data: bytes, file: str, template: Template, payments_max: int) -> tuple[Transfer, ...]:
    """Return the payments in a table; what it has no column for is empty.

    Its lines above and below are passed over: whoever compares writes the table again. Raises InputFault, naming the
    row: it is no such table, has more payments than that, or a cell is not what its column has.
    """
    form = Form(template.encoding, template.separator, template.sheet) if template.file == "text" else Form()
    rows = rows_of(data, file, form)
    first = len(template.above) + template.titles
    last = (rows[-1][0] if rows else 0) - len(template.below)
    inside = [(row, cells) for row, cells in rows if first < row <= last]
    if len(inside) > payments_max:
        raise Place(file, "", None).fault(
            Said("more than {most} payments", most=payments_max),
            Said("at most {most}", most=payments_max),
        )
    return tuple(_transfer(cells, template, Place(file, "", row)) for row, cells in inside)


def fen_of(cell: str, place: Place) -> int:
    """Return the fen in a cell with yuan. Raises InputFault: it has none, or less than one fen."""
    amount_fen = texts.fen_of(cell) if texts.YUAN.pattern.fullmatch(cell) else 0
    if not 1 <= amount_fen <= texts.AMOUNT_MAX_FEN:
        raise place.fault(Said("has {shown}", shown=texts.shown(cell)), "an amount in yuan, such as 5200.50")
    return amount_fen


def _rows(order: PaymentFile, template: Template, place: Place) -> list[list[str]]:
    said = {
        "count": str(len(order.transfers)),
        "total": texts.yuan(order.total_fen),
        "date": f"{order.execution_date:%Y%m%d}",
        "message_id": order.message_id,
        "debtor_name": order.debtor.name,
        "debtor_account": order.debtor_account,
    }
    seen: set[str] = set()
    rows = [[filled(cell, said) for cell in line] for line in template.above]
    if template.titles:
        rows.append([column.title for column in template.columns])
    for row, transfer in enumerate(order.transfers, 1):
        if transfer.end_to_end_id in seen:
            raise place.below("order", row).fault(
                Said("{shown} appears twice", shown=texts.shown(transfer.end_to_end_id)), "one transfer each"
            )
        seen.add(transfer.end_to_end_id)
        rows.append(
            [_cell(column, row, transfer, order, place.below(column.title, row)) for column in template.columns]
        )
    rows += [[filled(cell, said) for cell in line] for line in template.below]
    return rows


def _cell(column: Column, row: int, transfer: Transfer, order: PaymentFile, place: Place) -> str:
    match column.field:
        case None:
            return column.text or ""
        case "sequence":
            said = str(row)
        case "order":
            said = place.obey(transfer.end_to_end_id, END_TO_END_ID)
        case "account":
            said = place.obey(transfer.creditor_account, texts.ACCOUNT)
        case "name":
            said = place.obey(transfer.creditor_name, texts.NAME)
        case "amount":
            said = texts.yuan(transfer.amount_fen)
            fen_of(said, place)
        case "bank_code":
            said = place.obey(transfer.creditor_bank, texts.CNAPS)
        case "bank_name":
            named = bank_name(place.obey(transfer.creditor_bank, texts.CNAPS))
            if named is None:
                problem = Said("the CNAPS code {code} is shared by several banks", code=transfer.creditor_bank)
                raise place.fault(problem, "a template with the code in place of the name")
            said = named
        case "same_bank":
            assert column.words is not None
            same = transfer.creditor_bank[:3] == order.debtor.bank[:3]
            return column.words[_YES if same else _NO]
        case "remittance":
            said = transfer.remittance and place.obey(transfer.remittance, texts.REMITTANCE)
    if len(said) > column.most:
        raise place.fault(Said("has {count} characters", count=len(said)), Said("at most {most}", most=column.most))
    if _FORMULA.match(said):
        raise place.fault(
            Said("has {shown}", shown=texts.shown(said)),
            "no sign at its beginning that a spreadsheet takes for a formula",
        )
    return column.before + said


def _text(rows: list[list[str]], template: Template, place: Place) -> str:
    """Return the lines of a text.

    Quotes are our own, for those of the standard library have changed with its releases.
    """
    end = "\r\n" if template.line_end == "crlf" else "\n"
    lines = []
    for number, row in enumerate(rows, 1):
        for cell in row:
            if not template.quotes and (template.separator in cell or '"' in cell):
                expected = "no separator and no quote: this bank knows no quotes"
                raise place.below("", number).fault(Said("has {shown}", shown=texts.shown(cell)), expected)
        lines.append(template.separator.join(_quoted(cell, template.separator) for cell in row) + end)
    return "".join(lines)


def _quoted(cell: str, separator: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if separator in cell or '"' in cell else cell


def _transfer(cells: tuple[str, ...], template: Template, place: Place) -> Transfer:
    said = {
        column.field: cells[number].removeprefix(column.before) if number < len(cells) else ""
        for number, column in enumerate(template.columns)
        if column.field is not None
    }

    def obeying(field: str, to: texts.Rule) -> str:
        return place.below(field).obey(said.get(field, ""), to) if field in said else ""

    remittance = said.get("remittance", "")
    return Transfer(
        end_to_end_id=obeying("order", END_TO_END_ID),
        amount_fen=fen_of(said["amount"], place.below("amount")),
        creditor_name=obeying("name", texts.NAME),
        creditor_account=obeying("account", texts.ACCOUNT),
        creditor_bank=obeying("bank_code", texts.CNAPS),
        purpose="",
        remittance=remittance and place.below("remittance").obey(remittance, texts.REMITTANCE),
    )
