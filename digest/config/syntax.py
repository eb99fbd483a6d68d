"""What tomllib says of a broken file to one problem in plain words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.config.positions import layout
from digest.config.problems import Problem, dotted, shown

LIST_NEVER_ENDS = "is a list that never ends; close it with ]"
# What tomllib says -> what is wrong; what to write instead.
PLAIN_WORDS = (
    ("Expected '=' after a key", 'has no value; write KEY = VALUE, such as title = "The Quayside"'),
    ("Unterminated string", "is a text that never ends; close it with the quote it began with"),
    ("Illegal character '\\n'", 'is a text that breaks off; close it with ", or begin it with """'),
    ("Illegal character", "holds a control character; remove it or write it as \\u0000 would be"),
    ("Found invalid character", "holds a control character; remove it"),
    ("Expected \"'''\"", "is a text that never ends; close it with '''"),
    ("Unclosed array", LIST_NEVER_ENDS),
    ("Unclosed inline table", "is a table that never ends; close it with }, all on one line"),
    ("Unescaped '\\'", "holds a lone backslash; write \\\\ or use 'single quotes'"),
    ("Invalid hex value", "holds a broken \\u escape; write four hexadecimal digits after \\u"),
    ("Escaped character is not", "holds a broken \\u escape; it names no character"),
    ("Expected ']'", "is a table name that never ends; close it with ]"),
    ("Expected ']]'", "is a table name that never ends; close it with ]]"),
    ("Invalid date", "is no date or time; write text in quotes"),
    ("Invalid initial character for a key", "is no key; use letters, digits, - and _"),
    ("Expected newline", "has more on the line than one value; put text in quotes"),
    ("Cannot", "contradicts an earlier line that gives the same key or table; keep one of them"),
    ("Duplicate inline table key", "is given twice in one table; keep one of them"),
    ("Invalid value", "has no value that can be read; put text in quotes"),
    ("Invalid statement", "is neither KEY = VALUE nor [TABLE]; begin comments with #"),
)
_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_PAIR = re.compile(r"\s*([\w.\"'-]+)\s*=\s*([^#\n]*)")
_HEADER = re.compile(r"\s*(\[{1,2})(.*?)(\]{1,2})\s*(?:#.*)?")
_NOT_IN_A_NAME = re.compile(r"[^\w.\"'-]+", re.ASCII)
_SHORT_HOUR = re.compile(r"\d:[0-5]\d")
_OTHER_QUOTES = "“”„‟‘’‚«»"  # what a word processor makes of "
_WHOLE_TEXT = re.compile(r"""("[^"]*"|'[^']*')\s*[,;]""")
_WORDS_FOR_BOOLS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


@dataclass(frozen=True, slots=True)
class _Told:
    line: int
    key: str
    words: str


def problem(name: str, text: str, said: str) -> Problem:
    """The mistake in the file ``name`` that made tomllib say ``said``."""
    told = _given_twice(text, said) or _broken(text, said)
    return Problem(where=f"{name}:{told.line}", line=told.line, key=told.key, words=told.words)


def _given_twice(text: str, said: str) -> _Told | None:
    found = layout(text)
    twice = found.twice
    if not said.startswith(("Cannot", "Duplicate")):
        return None
    for header in found.headers:
        if isinstance(header.key[-1], int) and not text.startswith("[[", header.start):
            name = dotted(header.key[:-1])
            return _Told(header.line, f"[{name}]", f"is one of several; write [[{name}]]")
    if twice is None:
        return None
    cure = "put its keys together" if twice.table else "keep one of them"
    name = f"[{dotted(twice.key)}]" if twice.table else dotted(twice.key)
    return _Told(twice.line, name, f"is given twice, first on line {twice.first}; {cure}")


def _broken(text: str, said: str) -> _Told:
    lines = text.split("\n")
    where = _WHERE.search(said)
    at = where and where[1]
    line = int(where[1]) if where and at else text.rstrip().count("\n") + 1
    column = int(where[2]) if where and at else len(lines[line - 1]) + 1
    until = "\n".join([*lines[: line - 1], lines[line - 1][: column - 1]])
    began = layout(until).unfinished or line
    words = next((plain for start, plain in PLAIN_WORDS if said.startswith(start)), said)

    key, value = _pair(lines[began - 1])
    bare = said.startswith(("Invalid value", "Expected newline"))
    if bare and began < line and value.startswith("["):
        return _in_a_list(lines[line - 1], line) or _Told(began, key, LIST_NEVER_ENDS)
    if said.startswith("Expected ']") and (told := _in_a_header(lines[line - 1], line)):
        return told
    if "never ends" in words:  # what is missing is missing where it began
        return _Told(began, key, words)
    key, value = _pair(lines[line - 1])
    return _Told(line, key, (bare and _bare_value(value)) or words)


def _pair(line: str) -> tuple[str, str]:
    """The key and the value on a line; a line of another kind has the key ``syntax``."""
    found = _PAIR.match(line)
    return (found[1], found[2].strip()) if found else ("syntax", "-")


def _in_a_header(line: str, number: int) -> _Told | None:
    """A character that no name of a table has; None where the line is no whole header."""
    header = _HEADER.fullmatch(line)
    odd = header and _NOT_IN_A_NAME.search(header[2].strip())
    if header is None or not odd:
        return None
    name = _NOT_IN_A_NAME.sub("-", header[2].strip())
    name = name.lower() if name.startswith("newsletters.") else name
    what = "a blank" if odd[0].isspace() else shown(odd[0])
    words = f"has {what} in its name; write {header[1]}{name.strip('-')}{header[3]}"
    return _Told(number, line.partition("#")[0].strip(), words)


def _in_a_list(line: str, number: int) -> _Told | None:
    """A bare word as an element; None where the line begins something new."""
    raw = line.partition("#")[0].strip(" ,\t\r")
    if not raw or raw.startswith("[") or _PAIR.match(line):
        return None
    words = _bare_value(raw) or "cannot be read; put text in quotes, with commas between"
    return _Told(number, "syntax", words)


def _bare_value(raw: str) -> str | None:
    """What to write for a value that lacks its quotes."""
    if not raw:
        return 'has no value; write one, such as "" for none'
    if raw.lower() in ("true", "false"):
        return f"is {raw}; write {raw.lower()}"
    if raw.lower() in _WORDS_FOR_BOOLS:
        return f"is {raw}; write {_WORDS_FOR_BOOLS[raw.lower()]}"
    if raw[0] in "\"'[{-":
        return _stray_mark(raw)
    raw = raw.strip(_OTHER_QUOTES) or raw
    whole = f"0{raw}" if _SHORT_HOUR.fullmatch(raw) else raw  # no hour is taken without it
    return f"is text without quotes; write {shown(whole)}"


def _stray_mark(raw: str) -> str | None:
    """What to write for a text in quotes that is followed by a comma, as in other languages."""
    found = _WHOLE_TEXT.fullmatch(raw)
    return f"ends with {shown(raw[-1])}; write {found[1]} alone" if found else None
