"""The forms in which a bank takes payments, and which of them a consortium has agreed upon with its bank.

Whoever states, approves and accepts a file makes it in the same form, for its bytes are compared: `payment_file` and
`batch_booking` of consortium.toml say which one.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.bank.formats import pain001, pay_table
from lxr.settlement.bank.formats.pain001 import Version
from lxr.settlement.bank.formats.pay_template import Results, Template
from lxr.settlement.bank.model import PaymentFile, Transfer
from lxr.settlement.errors import InputFault
from lxr.settlement.toml_file import read_toml, toml_of

TEMPLATES: Final = files("lxr.settlement").joinpath("data/payments")
_OWN: Final = ".toml"
"""With which the name of a consortium's own template ends, a file beside its consortium.toml."""


class PaymentForm(Protocol):
    """One form of file. batch_booking: whether the bank books one total of a file."""

    @property
    def batch_booking(self) -> bool: ...

    @property
    def name(self) -> str:
        """What payment_file of consortium.toml says for it."""

    @property
    def suffix(self) -> str:
        """With which the file's name ends, as .xml."""

    @property
    def says_bank(self) -> bool:
        """Whether it has the CNAPS code of each payee's bank."""

    @property
    def results(self) -> Results | None:
        """How the bank's list of results is read; None: it has none of its own."""

    def write(self, order: PaymentFile) -> bytes:
        """Return the file: the same bytes for the same order, with every release of every library.

        Raises InputFault: what the bank cannot take.
        """

    def transfers(self, data: bytes, file: str, payments_max: int) -> tuple[Transfer, ...]:
        """Return the payments in a file called `file`, in its order; what the form does not say of them is empty.

        payments_max: how many it may have. Raises InputFault: it is no such file.
        """


class Pain001(Struct, frozen=True):
    """ISO 20022's customer credit transfer initiation."""

    version: Version = pain001.NEWEST
    batch_booking: bool = False

    @property
    def name(self) -> str:
        return self.version

    @property
    def suffix(self) -> str:
        return ".xml"

    @property
    def says_bank(self) -> bool:
        return True

    @property
    def results(self) -> None:
        return None

    def write(self, order: PaymentFile) -> bytes:
        return pain001.write(order, self.version)

    def transfers(self, data: bytes, file: str, payments_max: int) -> tuple[Transfer, ...]:
        return pain001.read(data, file, payments_max).transfers


class Table(Struct, frozen=True):
    """A bank's table for paying wages, by its template."""

    name: str
    template: Template
    batch_booking: bool = False

    @property
    def suffix(self) -> str:
        return self.template.ending

    @property
    def says_bank(self) -> bool:
        return self.template.column_of("bank_code") is not None

    @property
    def results(self) -> Results | None:
        return self.template.results

    def write(self, order: PaymentFile) -> bytes:
        return pay_table.write(order, self.template)

    def transfers(self, data: bytes, file: str, payments_max: int) -> tuple[Transfer, ...]:
        return pay_table.read(data, file, self.template, payments_max)


STANDARD: Final = Pain001()
"""Of a consortium that has agreed upon none."""


def form_of(payment_file: str, batch_booking: bool, directory: Path | None = None) -> PaymentForm:
    """Return the form that the settings of a consortium name. directory: where its own templates lie.

    Raises InputFault: there is none of that name, or its template is none.
    """
    for version in pain001.NAMESPACES:
        if payment_file == version:
            return Pain001(version, batch_booking)
    if payment_file.endswith(_OWN) and directory is not None:
        tree, file = read_toml(directory / payment_file), payment_file
    elif payment_file in shipped():
        file = f"{payment_file}.toml"
        tree = toml_of(TEMPLATES.joinpath(file).read_bytes(), file)
    else:
        raise InputFault(
            file="consortium.toml",
            field="payment_file",
            problem=Said("there is no form of payment file {form}", form=repr(payment_file)),
            expected=Said(
                "one of {names}, or a template beside consortium.toml, as ours.toml",
                names=", ".join([*pain001.NAMESPACES, *shipped()]),
            ),
        )
    try:
        return Table(payment_file, msgspec.convert(tree, Template), batch_booking)
    except msgspec.ValidationError as fault:
        raise InputFault(file=file, problem=Said("is no template: {fault}", fault=str(fault))) from None


def shipped() -> list[str]:
    """Return the names of the templates that come with this release."""
    return sorted(each.name.removesuffix(".toml") for each in TEMPLATES.iterdir() if each.name.endswith(".toml"))


def others(form: PaymentForm) -> Iterator[PaymentForm]:
    """Give the forms that somebody whose consortium.toml says another thing may have written a file in.

    Whether the bank books a total does not stand in a table, so that alone makes no other.
    """
    names = [*pain001.NAMESPACES, *(name for name in shipped() if name != form.name)]
    every = (form_of(name, batch) for name in names for batch in (False, True))
    return (each for each in every if each != form)


def settings_of(form: PaymentForm) -> str:
    """Return what consortium.toml says for a form."""
    return f"payment_file = {form.name}, batch_booking = {str(form.batch_booking).lower()}"
