"""What a peer installs as the contract: not its code, but where its organisation's contract service answers."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Final

from lxr.network.consortium import Consortium
from lxr.network.fabric.nodes import Node
from lxr.network.keyfile import write_atomically

_LABEL: Final = "lxr"


def package_path(contract: Node) -> Path:
    return contract.directory / "package.tar.gz"


def write_package(contract: Node, consortium: Consortium) -> str:
    """Write the package of this organisation's contract service; its id, by which the peer asks the service for it.

    It holds the key with which the peer opens the connection, so it is for this organisation's own peer only.
    Raises KeyFault: not writable, or a certificate is missing.
    """
    tls_root = consortium.org_dir(contract.organisation) / "tlsca.crt"
    connection = {
        "address": contract.address,
        "dial_timeout": "10s",
        "tls_required": True,
        "root_cert": tls_root.read_text(),
        "client_auth_required": True,
        "client_cert": (contract.client / "tls.crt").read_text(),
        "client_key": (contract.client / "tls.key").read_text(),
    }
    code = _archive({"connection.json": json.dumps(connection).encode()})
    metadata = json.dumps({"type": "ccaas", "label": _LABEL}).encode()
    package = _archive({"metadata.json": metadata, "code.tar.gz": code})
    write_atomically(package_path(contract), package)
    return f"{_LABEL}:{hashlib.sha256(package).hexdigest()}"


def _archive(files: dict[str, bytes]) -> bytes:
    """Return the same bytes for the same files each time, since the package's id is their hash."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(archive.getvalue(), mtime=0)
