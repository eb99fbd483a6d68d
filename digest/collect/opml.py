"""OPML 2.0 to feeds and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from digest import guard
from digest.collect import charset, markup
from digest.errors import Permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed. ``category``: the folder it lies in, or empty."""

    title: str
    xml_url: str
    html_url: str
    category: str


def parse(body: bytes) -> tuple[Outline, ...]:
    """Every feed once, in order. Raises Permanent with a clause for what is no OPML."""
    text = charset.decode(body)
    guard.check_xml(text, what="the file")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except etree.XMLSyntaxError as error:
        raise Permanent(f"is no OPML that can be read ({error})") from error
    if root is None or root.tag != "opml":
        raise Permanent("is no OPML; export your subscriptions from the feed reader again")
    found: dict[str, Outline] = {}
    for outline in _outlines(root):
        found.setdefault(outline.xml_url, outline)
    return tuple(found.values())


def _outlines(root: etree._Element) -> Iterator[Outline]:
    for element in root.iter("outline"):
        # Attribute names are written in every case in the field: xmlUrl, xmlurl, XMLURL.
        said = {str(name).lower(): str(value) for name, value in element.attrib.items()}
        address = markup.web(said.get("xmlurl"), "")
        if address is None:
            continue
        parent = element.getparent()
        folder = ""
        if parent is not None and parent.tag == "outline":
            folder = str(parent.get("title") or parent.get("text") or "")
        category = folder or said.get("category", "").strip("/").split(",")[0]
        yield Outline(
            title=markup.line(said.get("title") or said.get("text")) or address,
            xml_url=address,
            html_url=markup.web(said.get("htmlurl"), "") or "",
            category=" ".join(category.split()),
        )


def write(outlines: Iterable[Outline], *, title: str) -> str:
    """An OPML document; feeds of one category lie in one folder."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    folders: dict[str, etree._Element] = {"": body}
    for one in outlines:
        if one.category not in folders:
            folders[one.category] = etree.SubElement(
                body, "outline", text=one.category, title=one.category
            )
        element = etree.SubElement(
            folders[one.category],
            "outline",
            type="rss",
            text=one.title,
            title=one.title,
            xmlUrl=one.xml_url,
        )
        if one.html_url:
            element.set("htmlUrl", one.html_url)
    written = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return bytes(written).decode()
