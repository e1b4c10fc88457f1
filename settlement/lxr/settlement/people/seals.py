"""How the store of persons is locked: its keys, what is sealed with them, and the marks that a person is found by."""

import hashlib
import hmac
import secrets
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lxr.chaincode.types import canonical
from lxr.settlement.errors import PeopleFault

_SALT_BYTES: Final = 32
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_MEMORY_COST: Final = 2**15
"""Of scrypt: 32 MiB and about a tenth of a second for each try of a passphrase (RFC 7914; r = 8, p = 1)."""
_CHECK: Final = "check"
"""Whose what is sealed to know a wrong passphrase by: of no worker, nor of a file."""


class Keys(NamedTuple):
    """A store's keys. wrapping: seals the persons' own. marking: makes the marks that persons are found by."""

    wrapping: bytes
    marking: bytes


class Lock(NamedTuple):
    """What a store keeps to know its keys again: the salt of scrypt, and something sealed with the store's key."""

    salt: bytes
    check: bytes


def new_lock(passphrase: bytes) -> tuple[Lock, Keys]:
    """Return the lock of a new store, and its keys."""
    salt = secrets.token_bytes(_SALT_BYTES)
    keys = _derive(passphrase, salt)
    return Lock(salt, seal(keys.wrapping, b"", _CHECK)), keys


def unlock(passphrase: bytes, lock: Lock) -> Keys:
    """Return the keys of a store. Raises PeopleFault: wrong passphrase, or the lock is damaged."""
    try:
        keys = _derive(passphrase, lock.salt)
        unseal(keys.wrapping, lock.check, _CHECK)
    except (InvalidTag, TypeError):  # SQLite keeps a text where bytes belong
        raise PeopleFault("wrong passphrase for the store of persons") from None
    return keys


def refuse_no_passphrase(passphrase: bytes) -> None:
    """Raise PeopleFault."""
    if not passphrase:
        raise PeopleFault("the passphrase of the store of persons is empty")


def mark_of(marking_key: bytes, employer: str, worker_ref: str) -> bytes:
    """Return what stands in the store for the employer's number of a worker, which it does not show."""
    return hmac.new(marking_key, canonical([employer, worker_ref]), hashlib.sha256).digest()


def new_key() -> bytes:
    """Return a person's own key."""
    return secrets.token_bytes(_KEY_BYTES)


def seal(key: bytes, plain: bytes, owner: str) -> bytes:
    """Encrypt by AES-256-GCM under a random nonce. Bound to its owner: it opens in no other row."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, owner.encode())


def unseal(key: bytes, sealed: bytes, owner: str) -> bytes:
    """Decrypt what `seal` made. Raises InvalidTag: another key or owner, or damaged."""
    if len(sealed) < _NONCE_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner.encode())


def _derive(passphrase: bytes, salt: bytes) -> Keys:
    made = Scrypt(salt=salt, length=2 * _KEY_BYTES, n=_MEMORY_COST, r=8, p=1).derive(passphrase)
    return Keys(wrapping=made[:_KEY_BYTES], marking=made[_KEY_BYTES:])
