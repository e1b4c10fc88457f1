"""Whether two ledgers hold the same, but for what nobody chose: keys, certificates, transaction ids, block numbers."""

import re
from collections import Counter
from typing import Any, Final

import msgspec

from lxr.node.port import Ledger

_RANDOM: Final = re.compile(
    r"[0-9a-f]{16,}"  # ids of transactions, digests over keys and salts, serials, public keys
    r"|[A-Za-z0-9+/_-]{40,}={0,2}"  # signatures
    r"|-----BEGIN CERTIFICATE-----[^\"]*"
)
_MOMENT: Final = re.compile(r'(?<=checkpoint[/:])\d+|(?<="height":)\d+|(?<="block":)\d+|(?<="founded_ms":)\d+')
_PLACES: Final = frozenset({"height", "blocks", "block", "checkpoints"})


def same_form(text: str) -> str:
    """The text, with what is random, numbers a block or is of the real clock masked."""
    return re.sub(r'"channel":"[a-z]+"', '"channel":"*"', _MOMENT.sub("N", _RANDOM.sub("*", text)))


def rows(ledger: Ledger) -> Counter[tuple[str, str]]:
    """The whole state; records whose very key is random are told apart by their content."""
    return Counter((same_form(key), same_form(value.decode())) for key, value in ledger.scan(""))


def shown(answer: Any) -> Any:
    """A command's JSON answer, masked; lists in the order of what then is in them."""
    if isinstance(answer, dict):
        return {same_form(key): "N" if key in _PLACES else shown(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return sorted((shown(each) for each in answer), key=msgspec.json.encode)
    return same_form(answer) if isinstance(answer, str) else answer
