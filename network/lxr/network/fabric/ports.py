"""Ports that nodes can listen on."""

import random
import socket
from typing import Final

from lxr.network.fabric.description import HOST, PORTS_OF_A_CONSORTIUM
from lxr.node.said import Said

# Below the range that systems take ports for outgoing connections from, so that none of those comes between.
_FIRST: Final = 17050
_LAST: Final = 32000


def free_base_port() -> int:
    """Return the first port of a block for a consortium of which all ports are free at this moment; any such block."""
    bases = range(_FIRST, _LAST, PORTS_OF_A_CONSORTIUM)
    for base in random.sample(bases, len(bases)):  # who else asks at this moment shall get another one
        if all(why_taken(HOST, port) is None for port in range(base, base + PORTS_OF_A_CONSORTIUM)):
            return base
    raise OSError(f"no {PORTS_OF_A_CONSORTIUM} free ports in a row between {_FIRST} and {_LAST}")


def why_taken(host: str, port: int) -> Said | None:
    """Why nothing more can listen there (it is in use, it is another machine's address); None if it can."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Go's listeners do: closed ones are free
            probe.bind(place)
    except OSError as error:
        return Said("{error}", error=error)
    return None
