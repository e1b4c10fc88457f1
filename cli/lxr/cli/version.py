"""lxr --version, which needs no command line to answer."""

from importlib import metadata

from lxr.cli.ends import DONE
from lxr.node.version import contract_version


def version() -> str:
    """Of the release, and of the contract in it."""
    return f"lxr {metadata.version('lxr')}, contract {contract_version()}"


def run(arguments: list[str]) -> int:
    """Say it; the exit code."""
    try:
        print(version(), flush=True)
    except OSError:  # nobody reads it, or it cannot be written: to be told as of any command
        from lxr.cli.app import run as run_any

        return run_any(arguments)
    return DONE
