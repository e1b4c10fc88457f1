"""What never changes of a ledger: its id, its name, whether it is a rehearsal, the roots of its organisations."""

from lxr.chaincode.founding import Genesis, geneses
from lxr.node.contracts import CanRead
from lxr.node.port import NOT_FOUNDED, Ledger, LedgerFault


def ids_of(genesis: Genesis) -> tuple[str, ...]:
    """Return the ids for which what stands on a ledger was signed: those that it was copied from, and its own."""
    return (*genesis.copied, genesis.ledger)


def genesis_record(ledger: CanRead) -> bytes:
    """Return the founding's record as it is kept. Raises LedgerFault: the ledger is not founded."""
    (value,) = ledger.read([geneses.key()])
    if value is None:
        raise LedgerFault(NOT_FOUNDED)
    return value


def genesis_of(ledger: Ledger) -> Genesis:
    """Return the founding's record. Raises LedgerFault: the ledger is not founded, or the record is damaged."""
    try:
        return geneses.decode(genesis_record(ledger))
    except (ValueError, TypeError):
        raise LedgerFault("the record of the ledger's founding is damaged") from None
