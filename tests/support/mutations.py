"""Good input made bad: what the fuzz tests share.

A test draws how a good file is spoiled, so a failure is shown as the smallest spoiling that still fails. A run is the
same every time; LXR_FUZZ_EXAMPLES=20000 makes that many examples of each test, other ones in each run, and hypothesis
prints with a failure the blob that repeats it (`@reproduce_failure`).

    @fuzz(300)
    @given(mangled_json(GOOD))
    def test_...(data: bytes) -> None:
        with one_line(InputFault):
            read(data)
"""

import copy
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from lxml import etree

from quick import examples

MANY: Final = int(os.environ.get("LXR_FUZZ_EXAMPLES", "0"))
LINE_MAX: Final = 2_000
"""Characters: what a person is shown of one fault."""


def fuzz(number: int) -> settings:
    """So many examples, or as many more as the environment says."""
    return settings(
        max_examples=max(examples(number), MANY),
        derandomize=not MANY,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def one_line(*faults: type[Exception]) -> Iterator[list[str]]:
    """What is inside may raise these faults only, each as one line that a person can read. Gives the line, if any."""
    lines: list[str] = []
    try:
        yield lines
    except faults as fault:
        said = str(fault)
        lines.append(said)
        assert said.strip()
        assert 1 == len(said.splitlines()), said[:LINE_MAX]
        assert len(said) <= LINE_MAX, said[:LINE_MAX]
        assert "\x1b" not in said, said


# Bytes

TOKENS: Final = (
    *(b"\0", b"\n", b"\r\n", b'"', b"'", b"\\", b",", b";", b"=", b"{", b"}", b"[", b"]", b"<", b">", b"&", b"#", b"-"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", "\u202e".encode(), "\u2028".encode()),
    *(b"\x1b[2J", b"1" * 400, b"1" * 5000, b"1e999", b"NaN", b"0x10", b"-1", "１２".encode(), b"A" * 20_000),
    *(b"[" * 3000, b"{" * 3000, b'{"a":' * 3000, b"<a>" * 3000, b"&amp;", b"&x;", b"<![CDATA[x]]>", b"<!--x-->"),
)
ENCODINGS: Final = ("utf-16", "utf-32", "gb18030", "utf-8-sig", "utf-7")


@st.composite
def mangled_bytes(draw: st.DrawFn, good: bytes) -> bytes:
    """The bytes with one to three spoilings: flipped, cut, doubled, something put in, or all of it recoded."""
    data = good
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(1, 30)))
        match draw(st.integers(0, 6)):
            case 0 if start < len(data):
                data = data[:start] + bytes([data[start] ^ 1 << draw(st.integers(0, 7))]) + data[start + 1 :]
            case 1:
                data = data[:start]
            case 2:
                data = data[:start] + data[end:]
            case 3:
                data = data[:end] + data[start:]
            case 4:
                data = data[:start] + data[end : 2 * end - start] + data[start:end] + data[2 * end - start :]
            case 5:
                data = data.decode("utf-8", "replace").encode(draw(st.sampled_from(ENCODINGS)), "replace")
            case _:
                data = data[:start] + draw(st.sampled_from(TOKENS)) + data[start:]
    return data


# Trees of JSON and TOML

DEEP: Final[list[Any]] = [[[[[[[[]]]]]]]]
ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 499, 500, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400, 0.5, 1e300),
    *("", " ", "0", "x", "x" * 10_000, "a/b", "../..", "\0", "a\nb", "\x1b[2J", "\ud800", "\u202e", "１", "None", "é"),
    *("9999-12-31", "0001-01-01", "2026-02-30", "2026-08-03", "2026-08-03T00:00:00Z", "20260803", "2026-13"),
    *("E001", "E999", "E000000", "W000000000000", "00" * 32, "E001-20260231", "E001-20991231", "1e999", "{}"),
    *([], {}, [None], [[]], [{}], {"": 0}, {"a": {"b": []}}, DEEP),
)
odd: Final = st.sampled_from(ODD).map(copy.deepcopy)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    keys: Any = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from _places(tree[key])


@st.composite
def mangled_tree(draw: st.DrawFn, good: Any) -> Any:
    """The tree with one or two spoilings: a field gone, doubled, unknown, of another type or place, nested or moved."""
    tree = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(tree))
        if not places:
            return draw(odd)
        inside, key = draw(st.sampled_from(places))
        value = inside[key]
        match draw(st.integers(0, 9)):
            case 0:
                del inside[key]
            case 1 if isinstance(inside, list):
                inside.insert(key, copy.deepcopy(value))
            case 1 | 2:
                where, name = draw(st.sampled_from(places))
                with_own = copy.deepcopy(where[name] if name in where or isinstance(where, list) else None)
                inside[key] = with_own
            case 3 if isinstance(inside, dict):
                inside[draw(st.sampled_from(("unknown", "", "a\nb", "x" * 5000, "\x1b[2J", f"{key} ", "command")))] = (
                    value
                )
            case 4:
                inside[key] = [copy.deepcopy(value)]
            case 5 if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
                inside[key] = draw(
                    st.sampled_from((-value, value + 1, value - 1, value * 10**18, float(value), str(value)))
                )
            case 5 if isinstance(value, str) and value:
                place = draw(st.integers(0, len(value) - 1))
                letter = draw(st.sampled_from("0A/\n\0é-."))
                inside[key] = value[:place] + letter + value[place + draw(st.integers(0, 1)) :]
            case _:
                inside[key] = draw(odd)
    return tree


DAYS: Final = ("0001-01-01", "1999-12-31", "2026-08-03", "2026-08-31", "2026-09-15", "2026-09-16", "9999-12-31")
NUMBERS: Final = (0, 1, 2, 3, 62, 499, 10**6, 2**31, 10**15 - 1, 10**15, 2**63 - 1, 2**63)


@st.composite
def other_values(draw: st.DrawFn, good: Any) -> bytes:
    """JSON of the same form, in which one to three days, numbers or yes and no are others, or parts are repeated."""
    tree = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        places = [
            (inside, key)
            for inside, key in _places(tree)
            if not isinstance(inside[key], str | None) or _day(inside[key])
        ]
        if places:
            inside, key = draw(st.sampled_from(places))
            match inside[key]:
                case bool() as said:
                    inside[key] = not said
                case int() as number:
                    inside[key] = draw(st.sampled_from((*NUMBERS, number + 1, number - 1, number * 2)))
                case str():
                    inside[key] = draw(st.sampled_from(DAYS))
                case list() as listed:
                    inside[key] = copy.deepcopy(listed * 2)
                case _:
                    pass
    return json.dumps(tree).encode()


def _day(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4:5] == value[7:8] == "-"


@st.composite
def mangled_json(draw: st.DrawFn, good: Any) -> bytes:
    """JSON of a spoiled tree, sometimes with a key twice, and sometimes spoiled as bytes too."""
    data = json.dumps(draw(mangled_tree(good))).encode()
    match draw(st.integers(0, 9)):
        case 0:
            return draw(mangled_bytes(data))
        case 1 if data.startswith(b"{") and len(data) > 2:
            name = data[1:].split(b":", 1)[0]
            return b"{" + name + b":" + draw(st.sampled_from((b"null", b"0", b'"x"', b"[" * 2000))) + b"," + data[1:]
        case 2:
            return data.replace(b"0", draw(st.sampled_from((b"00", b"1e999", b"NaN", b"0.0", b"-0"))), 1)
    return data


def toml_of(value: Any) -> str:
    """A tree as TOML; tables stand in one line. What TOML has no word for is left to its reader to refuse."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml_of(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value)


@st.composite
def mangled_toml(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """TOML of a spoiled tree, sometimes spoiled as bytes too."""
    tree = draw(mangled_tree(good))
    lines = [f"{json.dumps(key)} = {toml_of(each)}" for key, each in tree.items()] if isinstance(tree, dict) else []
    data = "\n".join(lines).encode()
    return draw(mangled_bytes(data)) if draw(st.integers(0, 4)) == 0 else data


# XML

DOCTYPES: Final = (
    "<!DOCTYPE x>",
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    "<!doctype x>",
    "<?xml-stylesheet href='x'?>",
)
TEXTS: Final = (
    *("", " ", "0", "-1", "1e3", "0.001", "1" * 400, "9" * 13, "9" * 14 + ".99", "NaN", "１２", "0x1", "+5", "1,000"),
    *("2026-02-30", "9999-12-31", "0001-01-01", "2026-08-03T24:00:00Z", "2026-08-03T00:00:00+14:59", "x" * 10_000),
    *("DBIT", "CRDT", "true", "BOOK", "NOTPROVIDED", "é", "\u202e", "\ufeff", "\ue000", "\U00030000", "a\nb", "USD"),
)
Element = etree._Element


@st.composite
def mangled_xml(draw: st.DrawFn, good: bytes) -> bytes:
    """The document with one or two elements spoiled, or its text around them."""
    root = etree.fromstring(good)
    for _ in range(draw(st.integers(0, 2))):
        elements = list(root.iter(etree.Element))[1:]
        if elements:
            _spoil(draw, draw(st.sampled_from(elements)), elements)
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    match draw(st.integers(0, 5)):
        case 0:
            return draw(mangled_bytes(data))
        case 1:
            return data.replace(b"?>", b"?>" + draw(st.sampled_from(DOCTYPES)).encode(), 1)
        case 2:
            encoding = draw(st.sampled_from((*ENCODINGS, "ISO-8859-1", "EBCDIC-CP-US", "none")))
            return data.replace(b"UTF-8", encoding.encode(), 1)
    return data


def _spoil(draw: st.DrawFn, element: Element, elements: list[Element]) -> None:
    parent = element.getparent()
    assert parent is not None
    spoilings: tuple[Callable[[], object], ...] = (
        lambda: parent.remove(element),
        lambda: parent.append(copy.deepcopy(element)),
        lambda: parent.insert(0, element),
        lambda: element.append(copy.deepcopy(draw(st.sampled_from(elements)))),
        lambda: element.set(draw(st.sampled_from(("Ccy", "x", "{urn:x}y"))), draw(st.sampled_from(("USD", "CNY", "")))),
        lambda: element.attrib.clear(),
        lambda: setattr(element, "tag", draw(st.sampled_from(("Amt", "{urn:x}Amt", f"{element.tag}x", "Ntry")))),
        lambda: setattr(element, "tail", "stray"),
        lambda: element.append(draw(st.sampled_from((etree.Comment("x"), etree.ProcessingInstruction("x", "y"))))),
        *[lambda: setattr(element, "text", draw(st.sampled_from(TEXTS)))] * 5,
    )
    draw(st.sampled_from(spoilings))()
