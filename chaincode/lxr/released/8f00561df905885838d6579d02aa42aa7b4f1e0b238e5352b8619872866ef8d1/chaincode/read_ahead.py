"""What every transaction reads, whatever it commands, so that a node can read it at once."""

from typing import Final

import msgspec
from msgspec import Struct

from .caller import caller_of
from .clock import clocks
from .command import request_scope, requests
from .envelope import decode_envelope, open_payload
from .founding import geneses
from .revocation import revocations
from .types import RequestId


class _Request(Struct):
    request_id: RequestId


_request_of: Final = msgspec.json.Decoder(_Request).decode


def foreseen(envelope: bytes) -> list[str]:
    """What admission and the contract read of an envelope that they accept, whatever its command; else perhaps less."""
    always = [geneses.key(), clocks.key()]
    try:
        payload = open_payload(decode_envelope(envelope))
        caller = caller_of(payload.certificate)
        request = requests.key(request_scope(caller), _request_of(payload.command).request_id)
        return [*always, revocations.key(caller.organisation, caller.serial), request]
    except Exception:  # noqa: BLE001  (nothing is trusted yet; whatever is wrong with it, admission says)
        return always
