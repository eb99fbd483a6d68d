"""What config.toml leaves unsaid: kinds and names of sources, absolute paths, the database.

Looks at the file system for what is there; changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from urllib.parse import parse_qsl, urlsplit

from digest.config.draft import Draft
from digest.config.positions import Key
from digest.config.problems import Problem, Wrong, shown
from digest.config.rules import NEWSLETTER_ID, is_host
from digest.config.secret import from_environment
from digest.model import SourceKind

SAMPLE = "sample:"
DATABASE_VARIABLE = "DIGEST_DATABASE_URL"
_SITEMAP = re.compile(r"sitemap[^/]*\.xml(\.gz)?$", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_HOST_LIKE = re.compile(
    r"([\w-]+\.)+(?!(?:html?|md|markdown|txt|text|xml|json)$)[a-z]{2,}", re.IGNORECASE
)
_PATHS: tuple[Key, ...] = (
    ("compose", "templates"),
    ("deliver", "maildir"),
    ("bounces", "unread"),
    ("storage", "media"),
)
_FILES: tuple[Key, ...] = (
    ("deliver", "relays", "*", "ca_file"),
    ("deliver", "dkim", "key_file"),
    ("deliver", "dkim", "ed25519_key_file"),
)
_DEFAULT_PATHS = {"maildir": "maildir", "unread": "unread", "media": "media"}


def newsletters(draft: Draft) -> None:
    """Each newsletter's id is the name of its table."""
    for key, table in draft.matching(("newsletters", "*")):
        name = str(key[-1])
        if not NEWSLETTER_ID.fullmatch(name):
            plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "daily"
            draft.note(
                key, f"is no name for a newsletter; write [newsletters.{plain}]: a-z, 0-9 and -"
            )
        if isinstance(table, dict):
            table["id"] = name


def sources(draft: Draft, folder: Path) -> None:
    """Each source's id is its location; its kind and name follow from it where not given."""
    taken = {text for key, text in draft.matching(("collect", "sources", "*", "name"))}
    for key, table in draft.matching(("collect", "sources", "*")):
        location = draft.text((*key, "location"))
        if not isinstance(table, dict) or location is None:
            continue
        try:
            kind = kind_of(location, folder)
            _agrees(table.get("kind"), kind, location)
        except Wrong as wrong:
            draft.problem((*key, "location"), str(wrong))
            continue
        table["id"] = location
        table.setdefault("kind", kind.value)
        if "name" not in table and (*key, "name") not in draft.wrong:
            names = names_for(location)
            table["name"] = next((name for name in names if name not in taken), location)
            taken.add(table["name"])


def kind_of(location: str, folder: Path) -> SourceKind:
    """What a location is by its looks. Raises Wrong for what is no place to visit."""
    if location == SAMPLE:
        return SourceKind.SAMPLE
    if not location.strip() or location != location.strip():
        raise Wrong(f"is {shown(location)}; write a web address, a path or {SAMPLE}")
    if location.startswith(SAMPLE):
        raise Wrong(f'is {shown(location)}; the sample paper is "{SAMPLE}" and nothing more')
    if location.lower().startswith(("http://", "https://")):
        return _kind_of_url(location)
    at_home(location)
    if _SCHEME.match(location) and not (folder / location).exists():
        raise Wrong(f"is {shown(location)}; write an address with https://, or a path")
    first = PurePath(location).parts[0] if PurePath(location).parts else ""
    if _HOST_LIKE.fullmatch(first) and not is_there(location, folder):
        raise Wrong(
            f'is {shown(location)}, and no such path is there; write "https://{location}" if it '
            "is a web address"
        )
    return SourceKind.FILES


def _kind_of_url(location: str) -> SourceKind:
    try:
        parts = urlsplit(location)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise Wrong(f"is {shown(location)}, which is no web address: {error}") from error
    if re.search(r"\s", location) or not (is_host(host) or ":" in host):
        raise Wrong(f"is {shown(location)}, which is no web address; write it as a browser does")
    return SourceKind.SITEMAP if _SITEMAP.search(parts.path) else SourceKind.FEED


def _agrees(given: object, kind: SourceKind, location: str) -> None:
    """A web address can be any kind on the web, a path only files, ``sample:`` only itself."""
    web = {SourceKind.FEED, SourceKind.PAGE, SourceKind.SITEMAP}
    if given not in set(SourceKind):
        return
    if (kind in web and given not in web) or (kind not in web and given != kind):
        fits = ", ".join(sorted(web)) if kind in web else kind.value
        raise Wrong(f"is {shown(location)}, which is no source of kind {given}; it may be {fits}")


def at_home(path: str) -> Path:
    """The path with the folder that its ``~`` means. Raises Wrong where nobody knows it."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # ~nobody: a user who is not
        cure = "write the whole path"
        raise Wrong(f"is {shown(path)}, and nobody knows that home folder; {cure}") from error


def is_there(location: str, folder: Path) -> bool:
    """Whether a path or glob names anything now."""
    path = folder / at_home(location)
    try:
        if path.exists():
            return True
        pattern = str(path.relative_to(path.anchor))
        return any(True for _ in Path(path.anchor).glob(pattern))
    except (OSError, ValueError, NotImplementedError):
        return False


def names_for(location: str) -> tuple[str, ...]:
    """Names for a source that has none, best first."""
    if location == SAMPLE:
        return ("Sample paper",)
    if "://" not in location:
        parts = [part for part in PurePath(location).parts if not re.search(r"[*?\[/]", part)]
        return (parts[-1], location) if parts else (location,)
    parts_of_url = urlsplit(location)
    host = (parts_of_url.hostname or location).removeprefix("www.")
    return (host, f"{host}{parts_of_url.path.rstrip('/')}")


def paths(draft: Draft, folder: Path) -> None:
    """Relative paths start in the folder of config.toml."""
    for key in _PATHS:
        table = draft.tree.setdefault(str(key[0]), {})
        if not isinstance(table, dict):
            continue
        given = table.get(str(key[1]), _DEFAULT_PATHS.get(str(key[1])))
        if given == "":
            draft.problem(key, "is empty; write a path, or leave the key out")
        elif isinstance(given, str) and key not in draft.wrong:
            _put_path(draft, key, given, folder)
    templates = draft.text(("compose", "templates"))
    if templates and not Path(templates).is_dir():
        draft.problem(
            ("compose", "templates"), f"is {shown(templates)}, and no such folder is there; make it"
        )


def files(draft: Draft, folder: Path) -> None:
    """Files that others make: their paths start in the folder of config.toml, too."""
    for pattern in _FILES:
        for key, given in draft.matching(pattern):
            if given == "":
                draft.problem(key, "is empty; write a path, or leave the key out")
            elif isinstance(given, str):
                _put_path(draft, key, given, folder)


def _put_path(draft: Draft, key: Key, given: str, folder: Path) -> None:
    try:
        draft.put(key, str(folder / at_home(given)))
    except Wrong as wrong:
        draft.problem(key, str(wrong))


def database(draft: Draft, folder: Path, environ: Mapping[str, str]) -> bool:
    """The database's URL with an absolute path; whether the environment gave it."""
    table = draft.tree.setdefault("storage", {})
    if not isinstance(table, dict):
        return False
    given = from_environment(DATABASE_VARIABLE, environ)
    if given is not None:
        try:
            table["url"] = _database_url(given, folder)
        except Wrong as wrong:
            draft.problems.append(
                Problem(where="environment", line=0, key=DATABASE_VARIABLE, words=str(wrong))
            )
        return True
    key: Key = ("storage", "url")
    url = table.get("url", "sqlite:///digest.db")
    if isinstance(url, str) and key not in draft.wrong:
        try:
            if has_password(url):
                raise Wrong(
                    "holds a password, and config.toml is no place for one; put the whole URL "
                    f"into the environment variable {DATABASE_VARIABLE}"
                )
            table["url"] = _database_url(url, folder)
        except Wrong as wrong:
            draft.problem(key, str(wrong))
    return False


def has_password(url: str) -> bool:
    """Whether a URL tells a password, before the host or after the question mark."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "@" in url
    asked = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return parts.password is not None or bool(asked & {"password", "sslpassword", "passfile"})


def _database_url(url: str, folder: Path) -> str:
    # A URL is never shown here: it may hold a password.
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest.startswith("///"):
        path = rest.removeprefix("///")
        if path in ("", ":memory:") or "?" in path:
            raise Wrong(
                'names no file that lasts; write one such as "sqlite:///digest.db", without ?'
            )
        return f"sqlite:///{folder / at_home(path)}"
    if scheme in ("postgresql", "postgresql+psycopg") and rest.startswith("//"):
        if rest.partition("?")[0].count("@") > 1:  # what follows the first would be a host's name
            raise Wrong(
                "has more than one @; in a user's name or password write %40, and %25 for %"
            )
        return f"postgresql:{rest}"
    if scheme == "postgres":
        raise Wrong('begins with postgres:; write "postgresql://..."')
    raise Wrong(
        'is no database that Digest knows; write "sqlite:///digest.db" or "postgresql://HOST/NAME"'
    )
