"""A person: who a worker is, and the commitments to the accounts to be paid out to: the one in use, earlier ones."""

import hashlib
import hmac
import secrets
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from lxr.chaincode.types import canonical

SALT_BYTES: Final = 32


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """A bank account, and the salt of the commitment to it; see `Person`."""

    bank_account: str
    bank_code: str
    bank_name: str
    salt: str

    def __repr__(self) -> str:
        return "Account()"


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Who a worker is, and the personal account to be paid out to.

    worker_ref: the employer's own number of the worker. bank_account: 13..19 digits. bank_code: 12 digits.
    salt: of the commitment, in hexadecimal; random, another for each account. earlier: the accounts of before, the
    oldest first: what was held while one of them was in use is paid to it, and an erasure looks for all of them.
    """

    worker: str
    employer: str
    worker_ref: str
    name: str
    bank_account: str
    bank_code: str
    bank_name: str
    salt: str
    earlier: tuple[Account, ...] = ()

    @property
    def account(self) -> Account:
        """The account in use."""
        return Account(self.bank_account, self.bank_code, self.bank_name, self.salt)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The account in use, and those of before."""
        return (self.account, *self.earlier)

    @property
    def payee_commitment(self) -> str:
        """The commitment to the account in use: what of this person the ledger holds."""
        return self._commitment(self.account)

    def behind(self, payee_commitment: str) -> Account | None:
        """Return the account, in use or of before, whose commitment is that one; None: none is."""
        return next((each for each in self.accounts if self._commitment(each) == payee_commitment), None)

    def with_account(self, account: Account) -> "Person":
        """Return the person with that account in use; all others are kept, each once."""
        others = dict.fromkeys((*self.earlier, self.account))
        others.pop(account, None)
        return replace(self, **asdict(account), earlier=tuple(others))

    def __repr__(self) -> str:
        return f"Person({self.worker})"

    def _commitment(self, account: Account) -> str:
        return commitment(account.bank_account, self.name, account.bank_code, bytes.fromhex(account.salt))


def new_salt() -> str:
    """Return a random salt for one commitment, in hexadecimal."""
    return secrets.token_hex(SALT_BYTES)


def commitment(account: str, name: str, bank_code: str, salt: bytes) -> str:
    """Return what stands on the ledger for an account: HMAC-SHA256, in hexadecimal.

    Without the salt it cannot be guessed.
    """
    return hmac.new(salt, canonical([account, name, bank_code]), hashlib.sha256).hexdigest()
