"""What a channel's transactions did before: which ids they used, and which of them wrote each key last."""

from collections.abc import Iterable
from typing import Final

from lxr.node.fabric.blocks.entries import Namespace, Version
from lxr.node.said import Said

Key = tuple[str, str]
"""A namespace, and a key in it."""


class History:
    """Up to the last block that was taken over."""

    def __init__(self, namespaces: Iterable[str]) -> None:
        """namespaces: those whose keys are followed."""
        self.namespaces: Final = frozenset(namespaces)
        self.ids: Final[set[str]] = set()
        self.versions: Final[dict[Key, Version]] = {}


class BlockHistory:
    """The next block on top of it: what is added stands in the history once it is taken over."""

    def __init__(self, history: History, number: int) -> None:
        self._history: Final = history
        self._number: Final = number
        self._ids: Final[set[str]] = set()
        self._passed: Final[set[str]] = set()
        self._written: Final[dict[Key, Version | None]] = {}

    def repeats(self, tx_id: str) -> bool:
        """Whether the id is used up: by any entry of an earlier block, or by one of this that had passed by then."""
        return tx_id in self._history.ids or tx_id in self._passed

    def stale(self, namespaces: Iterable[Namespace]) -> Said | None:
        """Return what is wrong with the first read of a key that has been written since; None if there is no such."""
        for namespace in namespaces:
            for key, version in namespace.reads:
                at = namespace.name, key
                if at in self._written or self._history.versions.get(at) != version:
                    return Said("the key {key}, which it read, has been written since", key=repr(key))
        return None

    def see(self, tx_id: str, *, passed: bool) -> None:
        """Any entry, valid or not. passed: everything about it is good, but for what it read."""
        self._ids.add(tx_id)
        if passed:
            self._passed.add(tx_id)

    def write(self, position: int, namespaces: Iterable[Namespace]) -> None:
        """Take in what a valid entry wrote."""
        for namespace in namespaces:
            if namespace.name in self._history.namespaces:
                for key, value in namespace.writes:
                    self._written[namespace.name, key] = None if value is None else (self._number, position)

    def take_over(self) -> None:
        """Keep what the block wrote, for it is good."""
        self._history.ids.update(self._ids)
        for key, version in self._written.items():
            if version is None:
                self._history.versions.pop(key, None)
            else:
                self._history.versions[key] = version
