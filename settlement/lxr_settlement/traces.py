"""Where a person stands in a consortium's files, and how they are taken out of them.

A bank file with an order to the person goes as a whole: it is older than the person's own retention, so its own has
passed too. A statement stays, for what it says of others: of the person's lines only name and account go.
"""

import csv
import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree
from msgspec import Struct
from msgspec.structs import replace

from lxr_settlement.bankfiles import openings
from lxr_settlement.bankfiles.books import BOOKS, Books
from lxr_settlement.bankfiles.files import read_bounded, write_durably
from lxr_settlement.bankfiles.texts import BYTES_MAX
from lxr_settlement.batch_file import read_batch, write_batch
from lxr_settlement.errors import InputFault
from lxr_settlement.person import Person

ERASED: Final = "已删除"
"""What stands in the place of a name."""
NO_ACCOUNT: Final = "0"
"""What stands in the place of an account."""
_ENCODINGS: Final = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
_PIECE: Final = 1 << 20
_PEERS: Final = "nodes"
"""Fabric's own data, where no person is."""


class Traces(Struct, frozen=True):
    """What tells a person: numbers, name, accounts, salts of the commitments to these, payment orders."""

    worker: str
    employer: str
    worker_ref: str
    name: str
    accounts: tuple[str, ...]
    salts: tuple[str, ...]
    orders: frozenset[str]

    def __repr__(self) -> str:
        return f"Traces({self.worker})"

    @property
    def telling(self) -> tuple[bytes, ...]:
        """What nobody else has: accounts and salts, as they may be written."""
        written = {text.encode(each) for text in (*self.accounts, *self.salts) for each in _ENCODINGS}
        return (*sorted(written), *(bytes.fromhex(salt) for salt in self.salts))

    @property
    def named(self) -> tuple[bytes, ...]:
        """The name, as it may be written; others may have it too."""
        return (*(self.name.encode(each) for each in _ENCODINGS), json.dumps(self.name)[1:-1].encode())

    @property
    def referred(self) -> bytes:
        """The employer's own number of the person, as a batch has it; other employers may have it too."""
        return json.dumps(self.worker_ref, ensure_ascii=False).encode()

    @property
    def numbered(self) -> tuple[bytes, ...]:
        """The numbers under which the ledger knows the person."""
        return tuple(number.encode() for number in (self.worker, *self.orders))


class Taken(Struct, frozen=True):
    """removed: files that are gone. changed: without the person now. left: in which the person still stands."""

    removed: tuple[Path, ...]
    changed: tuple[Path, ...]
    left: tuple[Path, ...]


def traces_of(person: Person, orders: Iterator[str]) -> Traces:
    """Return what tells a person. orders: all payments to them."""
    earlier = (person.bank_account, person.salt, *person.earlier)
    return Traces(
        worker=person.worker,
        employer=person.employer,
        worker_ref=person.worker_ref,
        name=person.name,
        accounts=tuple(each for each in earlier if len(each) < 64),
        salts=tuple(each for each in earlier if len(each) == 64),
        orders=frozenset(orders),
    )


def take_out(directory: Path, bank: Path, traces: Traces) -> Taken:
    """Take a person out of the files of a consortium. directory: the consortium's; bank: the bank's in it.

    Doing it again finishes what was broken off. Raises InputFault: a file that cannot be read or written.
    """
    removed = [*_remove_orders(bank / "inbox", traces)]
    changed = [path for path in sorted((bank / "outbox").glob("*.xml")) if _redact(path, traces)]
    if (bank / BOOKS).exists() and _forget(bank, traces):
        changed.append(bank / BOOKS)
    for path in find(directory, traces):
        if path.name.startswith("."):  # what was in the making when something broke off; nothing reads it
            path.unlink()
            removed.append(path)
        elif (path.suffix.lower() == ".csv" and _drop_rows(path, traces)) or _drop_from_batch(path, traces):
            changed.append(path)
    return Taken(tuple(removed), tuple(changed), tuple(find(directory, traces)))


def find(directory: Path, traces: Traces) -> Iterator[Path]:
    """The files of a directory in which a person stands: by account or salt, or by name beside a number of theirs."""
    telling, named, numbered = traces.telling, {*traces.named, traces.referred}, traces.numbered
    for path in _files(directory):
        there: set[bytes] = set()
        for data in _contents(path):
            there |= {each for each in (*telling, *named, *numbered) if each in data}
        if there.intersection(telling) or (there.intersection(named) and there.intersection(numbered)):
            yield path


def _files(directory: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(directory):
        if Path(place) == directory:
            folders[:] = [name for name in folders if name != _PEERS]
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _contents(path: Path) -> Iterator[bytes]:
    """A file's bytes in overlapping pieces and, of a spreadsheet, those of its parts."""
    with path.open("rb") as file:
        before = b""
        while piece := file.read(_PIECE):
            yield before + piece
            before = piece[-256:]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as part:
                    before = b""
                    while piece := part.read(_PIECE):
                        yield before + piece
                        before = piece[-256:]


def _remove_orders(inbox: Path, traces: Traces) -> Iterator[Path]:
    """The payment orders that name one of the person's, with what lies beside them; the latter first."""
    orders = [number.encode() for number in traces.orders]
    for path in sorted(inbox.glob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if not any(number in data for number in orders):
            continue
        for each in (openings.path_beside(path), path):
            if each.exists():
                each.unlink()
                yield each


def _redact(path: Path, traces: Traces) -> bool:
    """Put something else in the place of name and account in the person's lines of a statement; whether any were."""
    try:
        root = etree.fromstring(
            read_bounded(path, BYTES_MAX), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        )
    except etree.XMLSyntaxError:
        raise InputFault(file=path.name, problem="is no XML", expected="a statement") from None
    changed = False
    for entry in root.iter("{*}Ntry"):
        nodes = [node for node in entry.iter() if isinstance(node.tag, str) and node.text]
        words = [str(node.text) for node in nodes]
        theirs = any(number in word for word in words for number in (*traces.orders, *traces.accounts))
        if not theirs and traces.name not in {word.strip() for word in words}:
            continue
        for node, word in zip(nodes, words, strict=True):
            node.text = forgotten(word, traces)
            changed |= node.text != word
    if changed:
        write_durably(path, etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    return changed


def forgotten(word: str, traces: Traces) -> str:
    """Return a text without the person."""
    for account in traces.accounts:
        word = word.replace(account, NO_ACCOUNT)
    return word.replace(traces.name, ERASED)


def _forget(bank: Path, traces: Traces) -> bool:
    books = Books(bank / BOOKS)
    try:
        return books.forget(traces.orders, lambda word: forgotten(word, traces))
    finally:
        books.close()


def _drop_rows(path: Path, traces: Traces) -> bool:
    """Leave the rows with one of the person's accounts out of a table; whether there were any."""
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        rows = list(csv.reader(io.StringIO(text, newline="")))
        kept = [row for row in rows if not {cell.strip() for cell in row}.intersection(traces.accounts)]
        if len(kept) == len(rows):
            return False
        out = io.StringIO(newline="")
        csv.writer(out).writerows(kept)
        write_durably(path, out.getvalue().encode("utf-8" if encoding == "utf-8-sig" else encoding))
        return True
    return False


def _drop_from_batch(path: Path, traces: Traces) -> bool:
    """Leave the person's rows out of a file of work data; whether it is one, and there were any."""
    try:
        batch = read_batch(path, traces.employer)
    except InputFault:
        return False
    of_others = (tuple(row for row in sheet.rows if row.worker != traces.worker) for sheet in batch.sheets)
    sheets = [replace(sheet, rows=rows) for sheet, rows in zip(batch.sheets, of_others, strict=True) if rows]
    faults = tuple(fault for fault in batch.row_faults if fault.worker_ref != traces.worker_ref)
    without = replace(batch, sheets=tuple(sheets), row_faults=faults)
    if without == batch:
        return False
    write_batch(path, without)
    return True
