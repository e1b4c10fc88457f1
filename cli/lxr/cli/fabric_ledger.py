"""An organisation's node on Fabric, as the commands open it."""

from lxr.network.consortium import Consortium
from lxr.network.fabric.connection import connection
from lxr.node.fabric.ledger import FabricLedger


def open_fabric(consortium: Consortium, organisation: str) -> FabricLedger:
    """Return the ledger through that organisation's peer, with its own copy of the blocks beside the peer's own data.

    Raises KeyFault, LedgerFault.
    """
    copy = consortium.nodes_dir(organisation) / "ledger.db"
    return FabricLedger(connection(consortium, organisation), copy, consortium.roots())
