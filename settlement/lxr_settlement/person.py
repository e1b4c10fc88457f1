"""A person: who a worker is, and the commitment to the account to be paid out to."""

import hashlib
import hmac
import secrets
from typing import Final

from msgspec import Struct

from lxr_chaincode.types import canonical

SALT_BYTES: Final = 32


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Who a worker is, and the personal account to be paid out to.

    worker_ref: the employer's own number of the worker. bank_account: 13..19 digits. bank_code: 12 digits.
    salt: of the commitment, in hexadecimal; random, another for each account. earlier: accounts and salts of before.
    """

    worker: str
    employer: str
    worker_ref: str
    name: str
    bank_account: str
    bank_code: str
    bank_name: str
    salt: str
    earlier: tuple[str, ...] = ()

    @property
    def payout(self) -> str:
        """The commitment to the account: what of this person the ledger holds."""
        return commitment(self.bank_account, self.name, self.bank_code, bytes.fromhex(self.salt))

    def __repr__(self) -> str:
        return f"Person({self.worker})"


def new_salt() -> str:
    """A random salt for one commitment, in hexadecimal."""
    return secrets.token_hex(SALT_BYTES)


def commitment(account: str, name: str, bank_code: str, salt: bytes) -> str:
    """What stands on the ledger for an account: HMAC-SHA256, in hexadecimal. Without the salt it cannot be guessed."""
    return hmac.new(salt, canonical([account, name, bank_code]), hashlib.sha256).hexdigest()
