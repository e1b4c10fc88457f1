"""The list that comes back for a table of wages (代发工资): which payments were made, which not, and why."""

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.pay_table import fen_of
from lxr.settlement.bank.formats.pay_template import Results
from lxr.settlement.bank.formats.sheet_rows import table_of
from lxr.settlement.bank.formats.texts import Place
from lxr.settlement.bank.rejection import FileResults, Outcome
from lxr.settlement.work.intake.form import Form


def read(data: bytes, file: str, results: Results) -> FileResults:
    """Return what a list in a file called `file` says, by the template's section on results.

    Rows without account and state, as sums are, are passed over. Raises InputFault, naming the row: no such table, a
    state or a reason that the template does not know, an amount that is none.
    """
    table = table_of(data, file, Form(columns=results.titles))
    outcomes = []
    for row, cells in table.rows:
        if cells[results.account] or cells[results.state]:
            outcomes.append(_outcome(cells, results, Place(file, "", row)))
    return FileResults(tuple(outcomes), complete=True)


def _outcome(cells: dict[str, str], results: Results, place: Place) -> Outcome:
    state = cells[results.state]
    if state not in (*results.paid, *results.failed, *results.pending):
        known = ", ".join((*results.paid, *results.failed, *results.pending))
        raise place.below(results.state).fault(
            Said("has {shown}", shown=texts.shown(state)), Said("one of {names}", names=known)
        )
    return Outcome(
        row=place.row or 0,
        reason=_reason(cells, results, place) if state in results.failed else None,
        end_to_end_id=cells[results.order] if results.order else "",
        account=cells[results.account].lstrip("'"),
        name=cells[results.name],
        amount_fen=fen_of(cells[results.amount].replace(",", ""), place.below(results.amount)),
    )


def _reason(cells: dict[str, str], results: Results, place: Place) -> str:
    said = cells[results.reason] if results.reason else ""
    found = results.reasons.get(said, results.any_reason)
    if found is None:
        expected = "a reason that `[results.reasons]` of the template has"
        raise place.below(results.reason or results.state).fault(Said("has {shown}", shown=texts.shown(said)), expected)
    return found
