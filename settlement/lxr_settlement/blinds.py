"""Blinded digests: what of a file with persons in it stands on the ledger.

Whoever knows the figures could guess a name and an account from a bare hash, and try. Under a key of 32 random bytes
nobody can, who does not have them; and nobody finds two files, with whatever keys, for one digest (SHA-256).
"""

import hashlib
import hmac
import secrets
from typing import Final

BLIND_BYTES: Final = 32


def new_blind() -> bytes:
    """Draw the random bytes of one file. They are kept before any digest is said, and handed over beside the file."""
    return secrets.token_bytes(BLIND_BYTES)


def blinded(data: bytes, blind: bytes) -> str:
    """Return the digest of a file under its random bytes: HMAC-SHA256, in hexadecimal."""
    return hmac.new(blind, data, hashlib.sha256).hexdigest()
