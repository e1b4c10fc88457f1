"""Whatever the official schemas allow is read with the same money, or refused by a rule that has a name."""

from typing import Final

import pytest

from camt_corpus import VERSIONS, Corpus, Variant
from iso20022 import what_is_not_valid
from lxr.settlement.bank.formats import camt
from lxr.settlement.bank.formats.strict import StrictFault

ACCOUNT: Final = "510000100010001"
REFUSED: Final = {
    ("CpyDplctInd", "copy"),  # a copy for somebody else
    ("CpyDplctInd=CODU", "copy"),
    ("CpyDplctInd=COPY", "copy"),
    ("Acct/Id/IBAN", "account"),  # another account
    ("Stmt twice", "account"),  # a second statement of none, or of no account
    ("Stmt twice", "balance"),
    ("Ntry twice", "sum"),  # a second entry that the balances do not know, or whose status is made up
    ("Ntry twice", "status"),
    ("Ntry/CdtDbtInd=DBIT", "sum"),
    ("Ntry/Sts=PDNG", "sum"),  # the one entry that explains the balances is not booked
    ("Ntry/Sts=INFO", "sum"),
    ("Ntry/Sts=FUTR", "sum"),
    ("Ntry/Sts/Prtry", "status"),
    ("Bal/Tp/CdOrPrtry/Prtry", "balance"),  # the opening balance is another one
    ("TxDtls twice", "parts"),  # two transactions of the entry's whole amount
    ("TxDtls/CdtDbtInd=DBIT", "sign"),
    ("TxDtls/CdtDbtInd=DBIT", "parts"),
    ("MsgPgntn/PgNb", "page"),
    *(
        (f"Bal/Tp/CdOrPrtry/Cd={code}", "balance")
        for code in ("XPCD", "OPAV", "ITAV", "CLAV", "FWAV", "CLBD", "ITBD", "INFO")
    ),
    *((f"{name}Pgntn{rest}", "page") for name in ("Msg", "Stmt") for rest in ("", "/LastPgInd=false", "/LastPgInd=0")),
}
"""All that is refused of the corpus, by the end of its path, and the rule."""


def refused_by(variant: Variant) -> str | None:
    """Read a file; the rule that it is refused by. A page of several is one that is read with others only."""
    assert [] == what_is_not_valid(variant.data), variant.what
    try:
        found = camt.read(variant.data, "statement.xml", ACCOUNT)
    except StrictFault as fault:
        return fault.rule
    if not found.statements:
        return "page" if found.pages else "account"
    read = found.statements[0]
    assert (0, 500_00, 500_00) == (
        read.opening_fen,
        read.closing_fen,
        sum(entry.signed_fen for entry in read.entries),
    ), variant.what
    return None


def unexpected(version: int, *, every_path: bool) -> tuple[int, list[tuple[str, str]]]:
    """Read a version's files: how many there are, and those that are refused though they should not be."""
    count, wrong = 0, []
    for variant in Corpus(version).variants(every_path=every_path):
        count += 1
        rule = refused_by(variant)
        if rule is not None and not any(variant.what.endswith(f"/{end}") and rule == by for end, by in REFUSED):
            wrong.append((variant.what, rule))
    return count, wrong


@pytest.mark.parametrize("version", VERSIONS)
def test_each_element_and_word_of_the_schema_is_read_or_refused_by_name(version: int) -> None:
    count, wrong = unexpected(version, every_path=False)
    assert [] == wrong
    assert count > 500


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_each_element_is_so_wherever_the_schema_has_it(version: int) -> None:
    count, wrong = unexpected(version, every_path=True)
    assert [] == wrong
    assert count > 1_500
