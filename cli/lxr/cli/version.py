"""lxr --version, which needs no command line to answer."""

from importlib import metadata

from lxr.node.version import contract_version


def version() -> str:
    """Of the release, and of the contract in it."""
    return f"lxr {metadata.version('lxr')}, contract {contract_version()}"


def say() -> bool:
    """Print it; whether that went well. Where it did not, the reason is to be told as of any command."""
    try:
        print(version(), flush=True)
    except OSError:
        return False
    return True
