"""Template files to text: the sandbox they run in, and errors that name file and line.  ~ world"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    UndefinedError,
)
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.compose import columns, templates
from digest.compose.theme import Theme
from digest.compose.view import direction
from digest.errors import Misconfigured

# What a mistake in a template raises besides Jinja's own errors.
_MISTAKES = (
    TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError
)  # fmt: skip


@lru_cache(maxsize=8)
def environment(folders: tuple[Path, ...]) -> ImmutableSandboxedEnvironment:
    """The sandbox of the templates in ``folders``, kept: compiling them costs more than rendering.

    A template that changed, or has got a namesake in an earlier folder, is compiled anew.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=_Folders(folders),
        autoescape=lambda name: name is None or not name.endswith(".txt"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fill"] = _filled
    environment.filters["direction"] = _directed
    environment.filters["width"] = columns.width
    return environment


class _Folders(BaseLoader):
    """Templates by name, from the first folder that has one."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        path = self._path(template)
        if path is None:
            raise TemplateNotFound(template)
        written = path.stat().st_mtime_ns  # asked before reading: a later change is seen later
        try:
            source = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise Misconfigured(str(path), f"is no UTF-8 text: {error}") from error

        def is_fresh() -> bool:
            return self._path(template) == path and path.stat().st_mtime_ns == written

        return source, str(path), is_fresh

    def _path(self, template: str) -> Path | None:
        strays = Path(template).is_absolute() or ".." in Path(template).parts
        return None if strays else templates.find(template, self._folders)


def _filled(text: object, indent: str = "") -> str:
    return columns.fill(str(text), indent)


def _directed(text: object) -> str:
    return direction(str(text))


def explained(render: Callable[[], str], name: str, folders: tuple[Path, ...]) -> str:
    """What ``render`` returns. Raises Misconfigured with the template's file and line."""
    try:
        return render()
    except TemplateNotFound as error:
        raise Misconfigured(
            f"template {error.name}", "is not there; see docs/templates.md"
        ) from error
    except TemplateSyntaxError as error:
        place = f"{error.filename or name}:{error.lineno}"
        raise Misconfigured(place, f"is no valid template: {error.message}") from error
    except UndefinedError as error:
        cure = f"{error.message}; docs/templates.md lists the variables"
        raise Misconfigured(_place(error, name, folders), cure) from error
    except SecurityError as error:
        cure = f"does what templates may not: {error}"
        raise Misconfigured(_place(error, name, folders), cure) from error
    except RecursionError as error:
        raise Misconfigured(name, "calls itself without an end") from error
    except _MISTAKES as error:
        cure = f"cannot be rendered: {type(error).__name__}: {error}"
        raise Misconfigured(_place(error, name, folders), cure) from error


def _place(error: Exception, name: str, folders: tuple[Path, ...]) -> str:
    """File and line of the innermost template frame."""
    inside = tuple(str(folder) for folder in folders)
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{f.filename}:{f.lineno}" for f in frames if f.filename.startswith(inside)]
    return places[-1] if places else name


def look(theme: Theme, *, rtl: bool) -> dict[str, Any]:
    """The variables of a theme: ``theme light dark fonts rtl start end``."""
    fonts = dict(theme.fonts)
    if rtl:
        fonts.update(dict.fromkeys(("display", "body", "label"), fonts["rtl"]))
    return {
        "theme": theme.own,
        "light": theme.light,
        "dark": theme.dark,
        "fonts": fonts,
        "rtl": rtl,
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
    }
