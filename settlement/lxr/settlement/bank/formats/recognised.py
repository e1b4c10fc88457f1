"""Which message of ISO 20022 a file holds, by its namespace, before anything of it is read."""

import re
from typing import Final

_NAMESPACE: Final = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.[0-9]{3}\.[0-9]{3}\.[0-9]{2})(?![0-9])")
_BEGINNING: Final = 4096


def message_in(data: bytes) -> str | None:
    """Return the message that the file says it is, as pain.001.001.09; None: it says none where a document begins."""
    found = _NAMESPACE.search(data[:_BEGINNING])
    return found[1].decode() if found else None
