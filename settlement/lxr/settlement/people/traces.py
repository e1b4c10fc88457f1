"""What tells a person in files, and the search for it: through every file of a consortium, whatever it is called.

A number of our own tells a person wherever it stands. An account or a name tells whoever has it: where somebody else
of whom the data are kept has the same, or one that holds it, it is no trace of this person. An employer's own number
of a worker is any text that the employer likes, such as a word that is in every file: alone it tells nobody, and a file
with it is only named.
"""

import html
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lxr.node.backup import is_database, is_left_out
from lxr.settlement.people.person import Person

_REF_SIGNS: Final = 4
"""From so many signs on an employer's own number of a worker is looked for."""
_OWN: Final = re.compile(
    r"consortium\.toml|backups\.jsonl|orgs/.+(\.crt|\.key|/seen\.json)|"
    r"(ledger|union/projection|union/store)\.db(-wal|-shm|-journal)?",
    re.DOTALL,
)
"""What we keep ourselves, in which persons stand by our own numbers or encrypted, but for a salt that should not."""
_PACKED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd")
"""How gzip, bzip2, xz, 7-Zip, RAR and Zstandard begin."""
_STORE: Final = b"wrapped_key"
"""A column of the store of persons: of a copy that is packed, what can be seen of it."""
_ENCODINGS: Final = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_PIECE: Final = 1 << 20
_OVERLAP: Final = 1 << 10


class Traces(Struct, frozen=True):
    """What tells a person who is to be forgotten.

    names, accounts, refs: those that nobody else has, the longest first. salts: of the commitments to the accounts.
    orders, messages: the payments to the person, and the bank's files with these.
    """

    worker: str
    employer: str
    worker_ref: str
    names: tuple[str, ...]
    accounts: tuple[str, ...]
    refs: tuple[str, ...]
    salts: tuple[str, ...]
    orders: frozenset[str]
    messages: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Traces({self.worker})"

    @property
    def texts(self) -> tuple[str, ...]:
        """What tells the person in a line of theirs."""
        return (*self.accounts, *self.names)


class Search(Struct, frozen=True):
    """left: files in which the person stands. unread: what could not be looked into, as a locked or packed file.

    mentions: those with something in them that may be the person, or anything else, as an employer's number 20260916.
    """

    left: tuple[Path, ...]
    unread: tuple[Path, ...]
    mentions: tuple[Path, ...]


def traces_of(
    person: Person, others: Iterable[Person], orders: Iterable[str] = (), messages: Iterable[str] = ()
) -> Traces:
    """Return what tells a person. others: everybody else of whom the data are kept; orders, messages: see `Traces`."""
    accounts = {each.bank_account for each in person.accounts}
    names, refs = {person.name}, {person.worker_ref}
    for other in others:
        theirs = [each.bank_account for each in other.accounts]
        accounts -= {each for each in accounts if any(each in account for account in theirs)}
        names -= {each for each in names if each in other.name}
        refs -= {each for each in refs if each in other.worker_ref}
    return Traces(
        worker=person.worker,
        employer=person.employer,
        worker_ref=person.worker_ref,
        names=tuple(names),
        accounts=tuple(sorted(accounts, key=len, reverse=True)),
        refs=tuple(refs),
        salts=tuple(each.salt for each in person.accounts),
        orders=frozenset(orders),
        messages=tuple(messages),
    )


def without_accounts(traces: Traces, taken: Collection[str]) -> Traces:
    """Return the traces without the accounts that are, or are part of, one of these: they tell somebody else."""
    return replace(traces, accounts=tuple(each for each in traces.accounts if not any(each in one for one in taken)))


def search(directory: Path, traces: Traces, known: Iterable[Path]) -> Search:
    """Look through the files of a directory for a person.

    known: statements and books out of which the person was taken line by line; a name in them is another one's, and an
    account most likely a figure.
    """
    accounts = _written(traces.accounts)
    salts = _written(traces.salts) | {bytes.fromhex(salt) for salt in traces.salts}
    named, numbered = _written(traces.names), _written((traces.worker, *traces.orders))
    referred = _written(each for each in traces.refs if len(each) >= _REF_SIGNS)
    quoted = {f'"{traces.worker_ref}"'.encode()}
    taken_care_of = set(known)
    everything = accounts | salts | named | numbered | referred | quoted | {_STORE}
    left, unread, mentions = [], [], []
    for path in files_in(directory):
        line_by_line, own = path in taken_care_of, _OWN.fullmatch(path.relative_to(directory).as_posix())
        wanted = salts if own else salts | accounts if line_by_line else everything
        there, readable = _found(path, directory, wanted)
        by_name = there & named and there & (numbered | referred | quoted)
        by_account = there & accounts and not line_by_line
        in_a_copy = _STORE in there and there & numbered and not is_database(path)  # of which `people.holds` says it
        if there & salts or by_account or by_name or in_a_copy or (there & quoted and there & numbered):
            left.append(path)
        elif there & (accounts | referred):
            mentions.append(path)
        if not readable:
            unread.append(path)
    left += [blind for path in left if (blind := path.with_name(f"{path.name}.blind")).exists() and blind not in left]
    return Search(tuple(left), tuple(unread), tuple(each for each in mentions if each not in left))


def _found(path: Path, directory: Path, wanted: set[bytes]) -> tuple[set[bytes], bool]:
    """What of all that is wanted stands in a file or its name, and whether all of the file could be looked into."""
    name = os.fsencode(path.relative_to(directory))
    there = {each for each in wanted if each in name}
    try:
        for data in _contents(path):
            there |= {each for each in wanted - there if each in data}
    except (
        OSError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
        LZMAError,
    ):
        return there, False  # locked, damaged, or packed in a way that is not known here
    return there, True


def _written(texts: Iterable[str]) -> set[bytes]:
    """Return the forms in which a text may stand in a file."""
    found: set[bytes] = set()
    for text in texts:
        forms = {text, html.escape(text), "".join(f"&#{ord(sign)};" for sign in text)}
        forms |= {"".join(f"&#x{ord(sign):{form}};" for sign in text) for form in "xX"}
        escaped = json.dumps(text)[1:-1]
        forms |= {escaped, re.sub(r"(?<=\\u)[0-9a-f]{4}", lambda sign: sign[0].upper(), escaped)}
        if text.isdigit():
            fours = [text[place : place + 4] for place in range(0, len(text), 4)]
            forms |= {" ".join(fours), "-".join(fours), text.translate(_FULL_WIDTH)}
        found |= {form.encode(each) for form in forms for each in _ENCODINGS}
    return found


def files_in(directory: Path) -> Iterator[Path]:
    """Give every file, in order, but what Fabric's own nodes keep, which is the ledger."""
    for place, folders, names in os.walk(directory):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            within = PurePosixPath(path.relative_to(directory).as_posix())
            nodes_own = within.parts[0] == "nodes" and is_left_out(str(within)) and not name.startswith(".")
            if path.is_file() and not path.is_symlink() and not nodes_own:
                yield path


def _contents(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in overlapping pieces and, of an archive, those of what is in it.

    Raises ValueError: it is packed in another way, so that what was in it could not be seen.
    """
    with path.open("rb") as file:
        begin = file.read(len(max(_PACKED, key=len)))
        file.seek(0)
        yield from _pieces(file.read)
    if begin.startswith(_PACKED):
        raise ValueError("is packed")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as part:
                    first = True
                    for data in _pieces(part.read):
                        yield data
                        if first and data.startswith((b"PK\3\4", *_PACKED)):
                            raise zipfile.BadZipFile("an archive in an archive")
                        first = False


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    before = b""
    while piece := read(_PIECE):
        yield before + piece
        before = piece[-_OVERLAP:]
