"""The released contracts, each in a folder named by its version: no byte of them ever changes.

They are loaded by `lxr.node.contracts`, never imported from here.
"""

from typing import Final

RELEASES: Final[dict[str, str]] = {}
"""Of each release with a contract of its own, that contract's version. In the order in which they were made."""
