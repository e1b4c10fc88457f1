"""What can be wrong with a Fabric network."""


class NetworkFault(Exception):
    """What is wrong with a node, a binary or the network, in one line that names which."""
