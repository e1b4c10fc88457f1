"""Whether the contract can be reached at every organisation through the gateway of every other."""

import time
from typing import Final

from lxr.network.fabric.faults import NetworkFault
from lxr.node.fabric.answers import READ, encode_keys
from lxr.node.fabric.client.faults import GatewayFault
from lxr.node.fabric.client.gateway import Gateway
from lxr.node.fabric.connection import Connection

_RETRY_BUDGET_S: Final = 60
_POLL_S: Final = 0.1


def wait_until_endorsing(connection: Connection) -> None:
    """Peers tell each other what they can endorse some time after they have found each other.

    Raises NetworkFault: a contract does not answer after 60 s, or says that it cannot.
    """
    until = time.monotonic() + _RETRY_BUDGET_S
    gateway = Gateway(connection, connection.peers[0])
    try:
        for peer in connection.peers:
            while (fault := _fault(gateway, peer.organisation)) is not None:
                if time.monotonic() > until:
                    raise NetworkFault(
                        "{organisation}-contract does not answer {peer}-peer: {fault}",
                        organisation=peer.organisation,
                        peer=gateway.organisation,
                        fault=fault,
                    )
                time.sleep(_POLL_S)
    finally:
        gateway.close()


def _fault(gateway: Gateway, organisation: str) -> str | None:
    try:
        gateway.evaluate(READ, [encode_keys([])], [organisation])
    except GatewayFault as fault:
        return str(fault)
    return None
