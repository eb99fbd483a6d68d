"""A mail's web version: where the link in it leads, for an issue, an extra one and a correction."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import socket

import aiohttp
import uvicorn

from digest.config.load import load_for
from digest.storage.database import Store
from digest.web.app import application
from tests.builders import NOW
from tests.web.house import RING, Announced

ARTICLE = """---
title: The weir gets a fish ladder
---

Salmon will climb the weir again from March, when a ladder of nineteen pools is finished. Masons
laid the last stone on Friday in the rain.
"""


def mails(desk):
    """Subject to where the mail's web version is, by its text part."""
    found = {}
    for path in (desk.folder / "maildir" / "new").iterdir():
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        text = mail.get_body(("plain",)).get_content()
        links = re.findall(r"https://quayside\.example(/archive/\S+)", text)
        assert len(set(links)) == 1, text
        html = mail.get_body(("html",)).get_content()
        assert f"https://quayside.example{links[0]}" in html
        found[mail["Subject"]] = links[0]
    return found


async def read(folder, paths):
    """The pages that a browser is shown."""
    settings = load_for(folder).settings
    store = await Store.open(settings.storage.url)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    app = application(settings, store=store, ring=RING, clock=lambda: NOW)
    server = Announced(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await server.up.wait()
    pages = {}
    async with aiohttp.ClientSession() as session:
        for path in paths:
            port = listening.getsockname()[1]
            async with session.get(f"http://127.0.0.1:{port}{path}") as got:
                pages[path] = (got.status, await got.text())
    server.leave()
    await serving
    await store.close()
    return pages


def test_every_mail_leads_to_its_own_issue_on_the_web(desk):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    sent = desk.run("send", "--yes", "--json")
    assert sent.json["sent"] == 1, sent.err
    desk.write("articles/weir.md", ARTICLE)
    desk.configure("sample:", "articles/*.md")
    extra = desk.run("send", "--yes", "--extra", "--json")
    assert extra.json["sent"] == 1, extra.err
    corrected = desk.run("issues", "correct", sent.json["issue"], "--yes", "--note", "Oh.")
    assert corrected.code == 0, corrected.err

    links = mails(desk)
    pages = asyncio.run(read(desk.folder, [*links.values(), "/archive/daily"]))

    assert len(set(links.values())) == len(links) == 3
    assert {status for status, _ in pages.values()} == {200}
    for subject, path in links.items():
        story = "The weir gets a fish ladder" if "weir" in subject else "Barges return"
        assert story in pages[path][1]
        assert "ada@example.org" not in pages[path][1]
    first, putting_right = (
        next(path for subject, path in links.items() if subject.startswith(begin))
        for begin in ("Barges", "Correction")
    )
    assert f'href="{putting_right}">Read the correction' in pages[first][1]
    listed = re.findall(r'<li><a href="([^"]+)"', pages["/archive/daily"][1])
    assert sorted(listed) == sorted(set(links.values()) - {first})
