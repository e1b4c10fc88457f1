"""The contract service with one more function, `reset STATE`, so that one network serves many tests, one by one.

Run: python tests/support/resettable_service.py CONFIG.toml
"""

import sys
from typing import Any, Final

import msgspec
from fabric_protos.peer import chaincode_shim_pb2 as shim

from lxr.node.fabric.answers import ACCEPTED
from lxr.node.fabric.service import service
from lxr.node.fabric.service.decide import Answer
from lxr.node.fabric.service.stream import Transaction
from lxr.node.fabric.service.versions import Versions

RESET: Final = "reset"
State = dict[str, bytes]
encode_state: Final = msgspec.msgpack.Encoder(order="deterministic").encode
_decode: Final = msgspec.msgpack.Decoder(State).decode
_query: Final = service._query


def _query_or_reset(transaction: Transaction, versions: Versions) -> Answer:
    if transaction.args[0] != RESET.encode():
        return _query(transaction, versions)
    state = _decode(transaction.args[1])
    there: State = {}
    while page := transaction.page("", next(reversed(there), "")):
        there.update(page)
    gone: list[Any] = [shim.WriteRecord(type=shim.WriteRecord.DEL_STATE, key=key) for key in there if key not in state]
    if gone:
        transaction._ask(shim.ChaincodeMessage.WRITE_BATCH_STATE, shim.WriteBatchState(rec=gone))
    return Answer(ACCEPTED, writes=tuple(item for item in sorted(state.items()) if item[1] != there.get(item[0])))


if __name__ == "__main__":
    service._query = _query_or_reset
    sys.exit(service.main(sys.argv[1:]))
