"""A page's template and facts to HTML in the reader's language and the newsletter's colours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.config.settings import Site
from digest.model import Newsletter
from digest.web.styles import Style
from digest.web.texts import ENGLISH, LANGUAGES, RIGHT_TO_LEFT, translations

STATIC = Path(__file__).resolve().parent / "static"
# Address -> file. The hash in an address changes with the bytes, so a copy never goes stale.
_FILES = {"join": "join.js", "widget": "altcha/altcha.js", "worker": "altcha/pbkdf2.js"}


class Look:
    """What all pages share. ``base``: the path of ``site.base_url``, without a slash at its end."""

    def __init__(
        self, folders: tuple[Path, ...], site: Site, styles: Mapping[str, Style], base: str
    ) -> None:
        self._folders = folders
        self._site = site
        self.styles = styles  # by newsletter
        self.base = base

    def render(self, name: str, newsletter: Newsletter, language: str, **facts: object) -> str:
        """The HTML of ``templates/web/NAME``."""
        common: dict[str, object] = {
            "assets": assets(),
            "base": self.base,
            "canonical": "",
            "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
            "here": "",
            "keep": "",
            "lang": language,
            "languages": LANGUAGES,
            "newsletter": newsletter,
            "noindex": False,
            "private": False,
            "site": self._site,
            "style": self.styles.get(newsletter.id) or next(iter(self.styles.values())),
            "wide": False,
        }
        pages = environment(self._folders, language)
        return pages.get_template(name).render({**common, **facts})

    def words(self, language: str, sentence: str) -> str:
        """An English sentence in a language."""
        return translations(language).gettext(sentence)


@lru_cache(maxsize=2 * len(LANGUAGES))
def environment(folders: tuple[Path, ...], language: str = ENGLISH) -> Environment:
    """Templates that escape everything, miss nothing silently, and speak one language.

    In a sandbox, as those of mails: an operator's own folder may hold what a stranger wrote. Kept:
    compiling them costs more than rendering; one that changed is compiled anew.
    """
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    said = translations(language)
    # Environment.install_gettext_callables, which the extension adds, is unknown to the type.
    install: Callable[..., None] = vars(made)["install_gettext_callables"]
    install(said.gettext, said.ngettext, newstyle=True)
    return made


@cache
def assets() -> Mapping[str, str]:
    """Where each of our own files is: ``join`` -> ``/static/join-1a2b3c4d5e6f.js``."""
    return {name: _address(file) for name, file in _FILES.items()}


@cache
def asset(address: str) -> bytes | None:
    """The bytes of a file by its address."""
    for name, file in _FILES.items():
        if assets()[name] == address:
            return content(file)
    return None


def _address(file: str) -> str:
    stem, _, suffix = file.rpartition("/")[2].rpartition(".")
    return f"/static/{stem}-{hashlib.sha256(content(file)).hexdigest()[:12]}.{suffix}"


@cache
def content(file: str) -> bytes:
    """A file of ours; the page script with the addresses of the files it loads filled in."""
    text = (STATIC / file).read_bytes()
    if file == "join.js":
        for name in ("widget", "worker"):
            text = text.replace(f"@{name}@".encode(), f"..{_address(_FILES[name])}".encode())
    return text
