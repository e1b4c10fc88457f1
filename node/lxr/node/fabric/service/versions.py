"""What a node runs: the release, the contract, and the libraries on which a judgement could hang."""

import platform
from importlib import metadata
from typing import Annotated, Final

import cryptography
import google.protobuf
import grpc
import msgspec
from cryptography.hazmat.backends.openssl.backend import backend
from msgspec import Meta, Struct

from lxr.node.contracts import contracts_here
from lxr.node.version import contract_version

_Said = Annotated[str, Meta(pattern=r"^[ -~]{1,80}\Z")]
"""Printable ASCII: it comes from other organisations, and is shown to people."""


class Versions(Struct, frozen=True, forbid_unknown_fields=True):
    """contract: the newest one's version. contracts: of all that the node has, the newest first.

    The others as each names itself: '3.11.7', 'OpenSSL 3.5.0 8 Apr 2025'.
    """

    release: _Said
    contract: _Said
    contracts: Annotated[tuple[_Said, ...], Meta(min_length=1, max_length=200)]
    python: _Said
    msgspec: _Said
    cryptography: _Said
    openssl: _Said
    protobuf: _Said
    grpcio: _Said


def versions_here() -> Versions:
    """Those of this process."""
    return Versions(
        release=metadata.version("lxr"),
        contract=contract_version(),
        contracts=contracts_here(),
        python=platform.python_version(),
        msgspec=msgspec.__version__,
        cryptography=cryptography.__version__,
        openssl=backend.openssl_version_text(),
        protobuf=google.protobuf.__version__,
        grpcio=grpc.__version__,
    )


encode_versions: Final = msgspec.json.Encoder().encode
decode_versions: Final = msgspec.json.Decoder(Versions).decode
