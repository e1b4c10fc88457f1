"""What can be wrong with a Fabric network."""

from lxr.node.said import Fault


class NetworkFault(Fault):
    """What is wrong with a node, a binary or the network, in one line that names which."""
