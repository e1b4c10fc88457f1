"""A person taken out of the bank's files: of the lines that pay them, or bring a payment back, and no others.

A bank file with an order to the person goes as a whole: it is older than the person's own retention, so its own has
passed too. A statement stays, for what it says of others, and says the same facts as before (`statement_lines`).
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Final

from lxml import etree
from msgspec.structs import replace

from lxr.settlement.bank import openings
from lxr.settlement.bank.formats import camt
from lxr.settlement.bank.formats.texts import BYTES_MAX
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.statement_lines import ORDER, facts_of, lines_of, plain, return_word
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded, write_durably
from lxr.settlement.people.traces import Traces

ERASED: Final = "已删除"
"""What stands in the place of a name."""
NOBODYS: Final = "0"
"""What stands in the place of an account."""
_PARTIES: Final = "RltdPties"
_FREE: Final = ("Ustrd", "AddtlNtryInf", "AddtlTxInf", "AddtlInf", "AddtlRmtInf")


def remove_orders(inbox: Path, traces: Traces) -> Iterator[Path]:
    """Remove the bank's files with payments to the person, with what lies beside them; the latter first."""
    for message in traces.messages:
        beside = openings.path_beside(inbox / message)
        for path in (beside, *(each for each in sorted(inbox.glob(f"{message}.*")) if each != beside)):
            if path.exists():
                path.unlink(missing_ok=True)
                yield path


def redact_statement(path: Path, traces: Traces) -> bool | None:
    """Put something else in the place of name and account in the person's lines; whether anything changed.

    None: it is no statement, and stays as it is. Raises InputFault: it cannot be
    read or written.
    """
    data = read_bounded(path, BYTES_MAX)
    root = _statement(data)
    if root is None:
        return None
    for stage in _STAGES:
        without = _without(deepcopy(root), traces, stage)
        if without is None:
            return False
        if _facts(data, path.name) in (None, _facts(without, path.name)):
            write_durably(path, without)
            return True
    return False


def redacted_entry(entry: Entry, traces: Traces) -> Entry:
    """Return a line of the person's without name and account, that says the same facts."""
    named = replace(
        entry,
        counterparty_name=ERASED if entry.counterparty_name else "",
        counterparty_account=NOBODYS if entry.counterparty_account else "",
    )
    for stage in _STAGES:
        made = replace(named, remittance=stage(entry.remittance, traces), bank_text=stage(entry.bank_text, traces))
        if facts_of(made, "B") == facts_of(entry, "B"):
            return made
    return named


def _cut(text: str, traces: Traces) -> str:
    """Return the text with something else in the place of the person."""
    for each in traces.accounts:
        text = text.replace(each, NOBODYS)
    for each in traces.names:
        text = text.replace(each, ERASED)
    return "" if _tells(text, traces) else text


def _words_of_ours(text: str, traces: Traces) -> str:
    """Where the text tells the person, only the words of it that say that a payment came back."""
    return (return_word(plain(text)) or "") if _tells(text, traces) else text


def _as_it_is(text: str, _: Traces) -> str:
    """The text, where everything else would say other facts: the file is named, as one that may be about the person."""
    return text


_STAGES: Final[tuple[Callable[[str, Traces], str], ...]] = (_cut, _words_of_ours, _as_it_is)


def _tells(text: str, traces: Traces) -> bool:
    said = _bare(text)
    return any(_bare(each) in said for each in traces.texts)


def _bare(text: str) -> str:
    """Return the text without what banks part accounts and names by."""
    return re.sub(r"[-_.]", "", plain(text))


def is_theirs(texts: list[str], traces: Traces) -> bool:
    """Whether a line with these texts is the person's: by an order of theirs, or their account and no other order."""
    said = [plain(text) for text in texts]
    orders = {order for text in said for order in ORDER.findall(text)} | (traces.orders & set(said))
    if orders:
        return not orders.isdisjoint(traces.orders)
    return not {_bare(text) for text in texts}.isdisjoint(traces.accounts)


def _statement(data: bytes) -> etree._Element | None:
    """Return what may be a statement; None where it is no XML, or has no statement's parts."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError:
        return None
    return root if next(root.iter("{*}Stmt", "{*}Ntry"), None) is not None else None


def _without(root: etree._Element, traces: Traces, stage: Callable[[str, Traces], str]) -> bytes | None:
    """Return the statement that this is without the person; None where nothing of them stands in it."""
    own = {str(node.text).strip() for node in root.iterfind(".//{*}Stmt/{*}Acct/{*}Id//*") if node.text}
    changed = False
    for entry in root.iter("{*}Ntry"):
        for nodes in _transactions(entry):
            if not is_theirs([str(node.text) for node in nodes], traces):
                continue
            for node in nodes:
                name, above = (
                    etree.QName(node).localname,
                    {etree.QName(each).localname for each in node.iterancestors()},
                )
                text = str(node.text)
                if _PARTIES in above and text.strip() not in own:
                    new = _of_a_party(name, above, text)
                else:
                    new = stage(text, traces) if name in _FREE else text
                changed |= new != text
                node.text = new
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") if changed else None


def _transactions(entry: etree._Element) -> list[list[etree._Element]]:
    """The texts of an entry; where it has several transactions those of each, and those of the entry beside them."""
    several = list(entry.iter("{*}TxDtls"))
    wholes = several if len(several) > 1 else [entry]
    texts = [[node for node in whole.iter("*") if node.text and node.text.strip()] for whole in wholes]
    inside = {node for nodes in texts for node in nodes}
    rest = [node for node in entry.iter("*") if node.text and node.text.strip() and node not in inside]
    return [*texts, rest] if rest else texts


def _of_a_party(name: str, above: set[str], text: str) -> str:
    """Return what stands in the place of a party's name or account; anything else stays."""
    if name == "Nm":
        return ERASED
    return NOBODYS if name in ("Id", "IBAN") and any("Acct" in each for each in above) else text


def _facts(data: bytes, file: str) -> object:
    """Return the lines of the statements and pages; None where it is nothing that we read."""
    try:
        found = camt.read(data, file, None)
        pages = [Statement("", None, "", date.max, 0, 0, page.entries) for page in found.pages]
        return [lines_of(each, file) for each in (*found.statements, *pages)]
    except InputFault:
        return None
