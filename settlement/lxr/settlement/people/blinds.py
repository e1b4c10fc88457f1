"""The digest by which the ledger names a file that names a person: the bank's, a notice, an award, a judgment.

Such a file follows a template, so that its bare hash could be guessed, and the person with it. So the hash is blinded:
HMAC-SHA256 under 32 random bytes. Those of a document stand in `FILE.blind` beside it. Without them the digest
says nothing of the document (the key hides it); with them it fits no other document, nor do other 32 bytes fit it
(SHA-256 binds both). Whoever hands the document over to be compared hands its blind over with it.
"""

import hmac
import re
import secrets
from pathlib import Path
from typing import Final

from lxr.node.disk import write_atomically
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded

DOCUMENT_BYTES_MAX: Final = 64 << 20
_BLIND_BYTES: Final = 32
_BLIND_FILE_BYTES_MAX: Final = 4096
_BLIND: Final = re.compile(rb"[0-9a-f]{64}\n")


def new_blind() -> bytes:
    """Draw the random bytes for one file. They are kept before any digest is said, and handed over beside the file."""
    return secrets.token_bytes(_BLIND_BYTES)


def blinded(data: bytes, blind: bytes) -> str:
    """Return the digest of a file under its blind of 32 bytes, in hexadecimal."""
    assert len(blind) == _BLIND_BYTES  # shorter keys are filled up, so that two of them would give one digest
    return hmac.digest(blind, data, "sha256").hex()


def document_digest(path: Path, *, draw: bool) -> str:
    """Return the digest of a document under the blind in the file beside it.

    draw: to state the document first: without a blind there, one is drawn, and on the disk (mode 0600) when this
    returns. Otherwise the digest is to be compared, and a missing blind is a fault.
    Raises InputFault: document or blind is missing, unreadable or too long, or the blind is none. Raises OSError.
    """
    data, beside = read_bounded(path, DOCUMENT_BYTES_MAX), blind_beside(path)
    if draw and not beside.exists():
        write_atomically(beside, new_blind().hex().encode() + b"\n")
    return blinded(data, _read_blind(beside))


def blind_beside(path: Path) -> Path:
    """Return where a document's blind is: FILE.blind beside FILE."""
    return path.with_name(f"{path.name}.blind")


def _read_blind(path: Path) -> bytes:
    if not path.exists():
        raise InputFault(
            file=str(path), problem="is missing", expected="the blind, as it was handed over with the document"
        )
    text = read_bounded(path, _BLIND_FILE_BYTES_MAX)
    if _BLIND.fullmatch(text) is None:
        raise InputFault(file=str(path), problem="is not a blind", expected="64 of 0-9 a-f and a line break")
    return bytes.fromhex(text.decode())
