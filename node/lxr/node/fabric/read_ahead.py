"""What every transaction reads, read at once: a request to the peer costs more than most contract functions."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from lxr.chaincode.caller import caller_of
from lxr.chaincode.clock import clocks
from lxr.chaincode.command import request_scope, requests
from lxr.chaincode.governance import geneses, parameters, revocations
from lxr.chaincode.types import RequestId
from lxr.chaincode.world import Reader
from lxr.node.envelope import Envelope, open_payload


class _Request(Struct):
    request_id: RequestId


_request_of: Final = msgspec.json.Decoder(_Request).decode


class ReadAhead:
    """A Reader that has some keys already, and never asks for one twice."""

    def __init__(self, reader: Reader, keys: Sequence[str]) -> None:
        self._reader: Final = reader
        self._known: Final = dict(zip(keys, reader.get_many(keys), strict=True))

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `Reader.get_many`."""
        others = [key for key in keys if key not in self._known]
        if others:
            self._known.update(zip(others, self._reader.get_many(others), strict=True))
        return [self._known[key] for key in keys]


def foreseen(envelope: Envelope) -> list[str]:
    """What admission and the contract read of an envelope that they accept, whatever its command; else perhaps less."""
    always = [geneses.key(), clocks.key(), parameters.key("contract.version")]
    try:
        payload = open_payload(envelope)
        caller = caller_of(payload.certificate)
        request = requests.key(request_scope(caller), _request_of(payload.command).request_id)
        return [*always, revocations.key(caller.organisation, caller.serial), request]
    except Exception:  # noqa: BLE001  (nothing is trusted yet; whatever is wrong with it, admission says)
        return always
