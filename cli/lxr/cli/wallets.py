"""Workers' keys on this machine: one encrypted file each. In life the worker's own phone holds the only one."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from lxr.network.consortium import make_private_directory
from lxr.network.keyfile import KeyFault, new_key, read_key, write_key

Wanted = Callable[[ec.EllipticCurvePrivateKey], bool]
_OLD: Final = ".old"


class Wallets:
    """A directory of key files named after worker numbers."""

    def __init__(self, directory: Path, passphrase: Callable[[], bytes]) -> None:
        self._directory: Final = directory
        self._passphrase: Final = passphrase
        self._keys: Final[dict[str, ec.EllipticCurvePrivateKey]] = {}  # to decrypt each but once in a session

    def __contains__(self, worker: str) -> bool:
        return self.path(worker).exists()

    def path(self, worker: str) -> Path:
        """Where the worker's key lies."""
        return self._directory / f"{worker}.key"

    def make(self, worker: str) -> ec.EllipticCurvePrivateKey:
        """Return a new key for a worker who has none here. Raises KeyFault: there is one."""
        make_private_directory(self._directory)
        key = new_key()
        write_key(self.path(worker), key, self._passphrase())
        self._keys[worker] = key
        return key

    def replace(self, worker: str) -> ec.EllipticCurvePrivateKey:
        """Return a new key in the place of the old one, which is kept beside it under the suffix .old."""
        path = self.path(worker)
        if path.exists():
            path.replace(path.with_suffix(_OLD))
        return self.make(worker)

    def find(self, worker: str, wanted: Wanted) -> ec.EllipticCurvePrivateKey:
        """Return the worker's key, or the one that it has replaced here. Raises KeyFault: neither is the one wanted."""
        key, path = self.key(worker), self.path(worker).with_suffix(_OLD)
        if not wanted(key) and path.exists():
            key = read_key(path, self._passphrase())
        if not wanted(key):
            raise KeyFault("{path}: is not the key in force, and no other is here", path=self.path(worker))
        return key

    def put_back(self, worker: str, key: ec.EllipticCurvePrivateKey) -> None:
        """Make the key that was found the worker's here again."""
        if key is not self.key(worker):
            path = self.path(worker)
            path.with_suffix(_OLD).replace(path)
            self._keys[worker] = key

    def key(self, worker: str) -> ec.EllipticCurvePrivateKey:
        """Return the worker's key. Raises KeyFault: missing, wrong passphrase, open to others."""
        if worker not in self._keys:
            self._keys[worker] = read_key(self.path(worker), self._passphrase())
        return self._keys[worker]
