"""The external builder: scripts by which a peer takes a package as the address of a service that runs already."""

from pathlib import Path
from typing import Final

from lxr.network.consortium import make_directory
from lxr.network.fabric.nodes import Node
from lxr.network.keyfile import write_atomically

# As Fabric calls them: detect SOURCE METADATA; build SOURCE METADATA OUTPUT; release OUTPUT RELEASE.
_SCRIPTS: Final = {
    "detect": """grep -q '"type": *"ccaas"' "$2/metadata.json"\n""",
    "build": """cp "$1/connection.json" "$3/connection.json"\n""",
    "release": """mkdir -p "$2/chaincode/server"\ncp "$1/connection.json" "$2/chaincode/server/connection.json"\n""",
}


def builder_directory(peer: Node) -> Path:
    return peer.directory / "builder"


def write_builder(peer: Node) -> None:
    """Raise KeyFault: not writable."""
    for directory in (builder_directory(peer), builder_directory(peer) / "bin"):
        make_directory(directory)
    for name, script in _SCRIPTS.items():
        path = builder_directory(peer) / "bin" / name
        write_atomically(path, f"#!/bin/sh\nset -eu\n{script}".encode())
        path.chmod(0o700)
