"""Every element that the official schemas allow in a statement, each in a valid file of its own.

The files of a version all have one credit of 500.00 that explains the balances. Each has one thing more: an optional
element, a second one where several may stand, another alternative of a choice, another word of a list.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from lxml import etree

from iso20022 import schema_of

VERSIONS: Final = tuple(range(2, 15))
_X: Final = "{http://www.w3.org/2001/XMLSchema}"
_SAMPLES: Final = (
    *(
        "CNY",
        "CN",
        "zh",
        "1",
        "12",
        "123",
        "1234",
        "12345678",
        "123456789",
        "1234567890123",
        "+86-1",
        "DE89370400440532013000",
    ),
    *("ICBKCNBJ", "ICBKCNBJXXX", "ABCDEFGHIJKLMNOPQR12", "12345678-1234-4234-8234-123456789abc", "US1234567890"),
    *("ABCDEFGHIJKL", "ABCD", "BBBBBBBBB1", "BEBBBBBBB1", "CH123456", "000001"),
)
_TEXT: Final = "x"
_DEPTH_MAX: Final = 14
Element = etree._Element


class Child(NamedTuple):
    """An element that a type may have. choice: of which choice it is one alternative, 0 for none."""

    name: str
    type: str
    least: int
    many: bool
    choice: int


class Variant(NamedTuple):
    """One file of the corpus. what: the path of names, and how it differs there."""

    what: str
    data: bytes


class Schema:
    """What may stand where in one version."""

    def __init__(self, message: str) -> None:
        root = etree.parse(Path(schema_of(message))).getroot()
        self.namespace: Final = str(root.get("targetNamespace"))
        self._types: Final = {
            str(each.get("name")): each for each in root if each.tag in (f"{_X}complexType", f"{_X}simpleType")
        }

    @cache  # noqa: B019 - a schema lives as long as the tests
    def children(self, type_: str) -> tuple[Child, ...]:
        """Return the elements of a type, in their order."""
        found: list[Child] = []
        node = self._types.get(type_)
        if node is None or node.tag != f"{_X}complexType":
            return ()
        choices = 0
        for each in node.iter(f"{_X}element"):
            above = each.getparent()
            assert above is not None
            choice = 0
            if above.tag == f"{_X}choice":
                choices += 1
                choice = 1
            many = each.get("maxOccurs", "1") != "1"
            found.append(
                Child(str(each.get("name")), str(each.get("type")), int(each.get("minOccurs", "1")), many, choice)
            )
        return tuple(found)

    def values(self, type_: str) -> list[str]:
        """Return the words of a list, or both of a boolean; nothing for other types."""
        node = self._simple(type_)
        words = [str(each.get("value")) for each in node.iter(f"{_X}enumeration")] if node is not None else []
        return words or (["true", "false", "1", "0"] if self._base(type_) == "xs:boolean" else [])

    def text(self, type_: str) -> str:
        """Return a text that a type without elements allows."""
        node = self._simple(type_)
        if words := self.values(type_):
            return words[0]
        base = self._base(type_)
        plain = {"xs:decimal": "1", "xs:date": "2026-07-30", "xs:dateTime": "2026-07-30T12:00:00", "xs:gYear": "2026"}
        plain["xs:gYearMonth"] = "2026-07"
        if base in plain:
            return plain[base]
        patterns = [str(each.get("value")) for each in node.iter(f"{_X}pattern")] if node is not None else []
        for pattern in patterns:
            return next(sample for sample in _SAMPLES if re.fullmatch(pattern, sample))
        least = [int(each.get("value", "1")) for each in node.iter(f"{_X}minLength")] if node is not None else []
        return _TEXT * max(1, *least, 1)

    def has_text(self, type_: str) -> bool:
        """Return whether a type has a text and no elements."""
        node = self._types.get(type_)
        return node is None or node.tag == f"{_X}simpleType" or node.find(f"{_X}simpleContent") is not None

    def takes_any(self, type_: str) -> bool:
        """Return whether a type takes elements of whatever schema."""
        node = self._types.get(type_)
        return node is not None and node.find(f".//{_X}any") is not None

    def attribute(self, type_: str) -> str | None:
        """Return the attribute that a type must have."""
        node = self._types.get(type_)
        found = node.find(f".//{_X}attribute") if node is not None else None
        return None if found is None else str(found.get("name"))

    def _simple(self, type_: str) -> Element | None:
        node = self._types.get(type_)
        if node is not None and (content := node.find(f"{_X}simpleContent/{_X}extension")) is not None:
            return self._simple(str(content.get("base")))
        return node

    def _base(self, type_: str) -> str:
        node = self._simple(type_)
        found = node.find(f"{_X}restriction") if node is not None else None
        return type_ if found is None else str(found.get("base"))


class Corpus:
    """The files of one version."""

    def __init__(self, version: int) -> None:
        self.schema: Final = Schema(f"camt.053.001.{version:02d}")
        self.base: Final = self._base(version)

    def variants(self, *, every_path: bool) -> Iterator[Variant]:
        """Yield the files: of every path, or of every element of every type where it comes first."""
        seen: set[tuple[str, str]] = set()
        todo: list[tuple[tuple[Child, ...], frozenset[str]]] = [
            ((child,), frozenset({"Document"})) for child in self.schema.children("Document")
        ]
        while todo:
            path, above = todo.pop(0)
            last = path[-1]
            parent = path[-2].type if len(path) > 1 else "Document"
            if (parent, last.name) in seen and not every_path:
                continue
            seen.add((parent, last.name))
            yield from self._of(path)
            if last.type not in above and len(path) < _DEPTH_MAX:
                todo += [((*path, child), above | {last.type}) for child in self.schema.children(last.type)]

    def _of(self, path: tuple[Child, ...]) -> Iterator[Variant]:
        last, what = path[-1], "/".join(child.name for child in path)
        if not self._is_in_base(path):
            yield self._made(what, path, None)
        for word in self.schema.values(last.type) if self.schema.has_text(last.type) else ():
            yield self._made(f"{what}={word}", path, word)
        if last.many and len(path) > 1:
            root = self._with(path)
            element = self._find(root, path)
            second = self._minimal(last)
            element.addnext(second)
            yield Variant(f"{what} twice", etree.tostring(root))

    def _made(self, what: str, path: tuple[Child, ...], word: str | None) -> Variant:
        root = self._with(path)
        if word is not None:
            self._find(root, path).text = word
        return Variant(what, etree.tostring(root))

    def _is_in_base(self, path: tuple[Child, ...]) -> bool:
        return self._at(self.base, path) is not None

    def _at(self, root: Element, path: tuple[Child, ...]) -> Element | None:
        element: Element | None = root
        for child in path:
            element = element.find(f"{{{self.schema.namespace}}}{child.name}") if element is not None else None
        return element

    def _find(self, root: Element, path: tuple[Child, ...]) -> Element:
        found = self._at(root, path)
        assert found is not None
        return found

    def _with(self, path: tuple[Child, ...]) -> Element:
        """The base with the elements of a path, each where the schema has it."""
        root = deepcopy(self.base)
        parent, type_ = root, "Document"
        for child in path:
            found = parent.find(f"{{{self.schema.namespace}}}{child.name}")
            if found is None:
                found = self._minimal(child)
                self._insert(parent, type_, child, found)
            parent, type_ = found, child.type
        return root

    def _insert(self, parent: Element, type_: str, child: Child, new: Element) -> None:
        order = {each.name: place for place, each in enumerate(self.schema.children(type_))}
        others = {each.name for each in self.schema.children(type_) if child.choice and each.choice == child.choice}
        for each in list(parent):
            if etree.QName(each).localname in others:
                parent.remove(each)
        place = sum(order.get(etree.QName(each).localname, 99) <= order[child.name] for each in parent)
        parent.insert(place, new)

    def _minimal(self, child: Child) -> Element:
        """An element with what must be in it."""
        schema = self.schema
        element = etree.Element(f"{{{schema.namespace}}}{child.name}", nsmap={None: schema.namespace})  # type: ignore[dict-item]
        if (name := schema.attribute(child.type)) is not None:
            element.set(name, "CNY" if name == "Ccy" else _TEXT)
        if schema.takes_any(child.type):
            etree.SubElement(element, "{urn:x}Ntry").text = _TEXT
            return element
        if schema.has_text(child.type):
            element.text = "500.00" if element.get("Ccy") else schema.text(child.type)
            return element
        chosen = False
        for each in schema.children(child.type):
            if each.choice:
                if chosen:
                    continue
                chosen = True
            elif not each.least:
                continue
            element.append(self._minimal(each))
        return element

    def _base(self, version: int) -> Element:
        status = "<Sts>BOOK</Sts>" if version < 8 and not self._coded_status() else "<Sts><Cd>BOOK</Cd></Sts>"
        return etree.fromstring(BASE.format(namespace=self.schema.namespace, status=status))

    def _coded_status(self) -> bool:
        message = self.schema.children("Document")[0]
        type_ = message.type
        for name in ("Stmt", "Ntry", "Sts"):
            type_ = next(each.type for each in self.schema.children(type_) if each.name == name)
        return not self.schema.has_text(type_)


BASE: Final = (
    '<Document xmlns="{namespace}"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-07-30T23:59:59+08:00</CreDtTm>'
    "</GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-07-30T23:59:59+08:00</CreDtTm>"
    "<Acct><Id><Othr><Id>510000100010001</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
    '<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    "<Dt><Dt>2026-07-30</Dt></Dt></Bal>"
    '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    "<Dt><Dt>2026-07-30</Dt></Dt></Bal>"
    '<Ntry><Amt Ccy="CNY">500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{status}<BookgDt><Dt>2026-07-30</Dt></BookgDt>'
    "<ValDt><Dt>2026-07-30</Dt></ValDt><AcctSvcrRef>B0001</AcctSvcrRef><BkTxCd><Prtry><Cd>TRF</Cd></Prtry></BkTxCd>"
    "</Ntry></Stmt></BkToCstmrStmt></Document>"
)
