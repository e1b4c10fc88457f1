"""What a kind of statement file has to offer: a module of this folder with a `StatementFormat` called FORMAT.

`statement_files` finds it there; nothing else names it. A file is the first one's, by the modules' names, that knows it
by its content, whatever the file is called.
"""

from collections.abc import Callable
from typing import NamedTuple

from lxr.settlement.bank.model import StatementFile

BYTES_MAX = 1 << 30
"""The most bytes of a statement's file: about 1,000 an entry."""
ENTRIES_MAX = 1_000_000
"""The most entries of a statement: as many as the contract takes."""
HEAD_BYTES = 1 << 16
"""So much of a file is looked at to know what it is."""


class StatementFormat(NamedTuple):
    """name: as a person calls it. recognises: whether these first bytes may be of such a file.

    read: the bytes, the file's name, and the account whose statements are meant. Raises InputFault: what is wrong with
    the first thing that is.
    """

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes, str, str], StatementFile]
