"""The released contracts, each in a folder named by its version: no byte of them ever changes.

They are loaded by `lxr.node.contracts`, never imported from here.
"""

from typing import Final

RELEASES: Final[dict[str, str]] = {
    "0.4.0": "8f00561df905885838d6579d02aa42aa7b4f1e0b238e5352b8619872866ef8d1",
}
"""Of each release with a contract of its own, that contract's version. In the order in which they were made."""
