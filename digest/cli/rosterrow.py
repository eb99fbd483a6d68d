"""A row of an import to what the newsletter has of it: its cadence, topics, language, zone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from digest.config import rules
from digest.config.problems import Wrong
from digest.model import Newsletter
from digest.services.offers import offered, topics_of
from subscribers.roster import Details
from subscribers.withdrawals import losses


class Offer:
    """What rows may ask for."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._cadences = sorted(offered(newsletter))
        self._topics = _known(newsletter)

    def taken(self, said: Details) -> Details | str:
        """``said`` in the newsletter's words, or what is wrong with it.

        Who left, bounced or complained is taken without what is wrong: they must not be written to.
        """
        try:
            topics = self._meant(said.topics)
            if said.cadence and said.cadence not in self._cadences:
                raise Wrong(f"The cadence is none of {', '.join(self._cadences)}")
            if wrong := _wrong(said.language, said.timezone):
                raise Wrong(wrong)
        except Wrong as error:
            return _bare(said) if losses(said) else f"{error}."
        return said if topics == said.topics else _with(said, topics)

    def _meant(self, topics: Sequence[str]) -> tuple[str, ...]:
        """Without sections any word may be a topic: nothing says which there are."""
        if not self._topics or all(one in self._topics.values() for one in topics):
            return tuple(topics)
        found: list[str] = []
        for said in topics:
            whole = self._topics.get(said.strip().casefold())
            for one in [said] if whole else re.split("[,;]", said):
                topic = self._topics.get(one.strip().casefold())
                if topic is None:
                    known = "|".join(dict.fromkeys(self._topics.values()))
                    raise Wrong(f"The topics are not all sections; write them like {known}")
                found.append(topic)
        return tuple(dict.fromkeys(found))


def _known(newsletter: Newsletter) -> Mapping[str, str]:
    """A topic, and the words over its section, in lower case -> the topic."""
    some = topics_of(newsletter)
    titles = {one.title.casefold(): one.topic for one in some}
    return {**titles, **{one.topic.casefold(): one.topic for one in some}}


@lru_cache(maxsize=1024)  # rows of a file say the same
def _wrong(language: str, zone: str) -> str:
    """What is wrong with them by the rules of config.toml; empty: nothing."""
    for name, text, rule in (
        ("language", language, rules.language),
        ("time zone", zone, rules.zone),
    ):
        try:
            if text:
                rule(text)
        except Wrong as error:
            return f"The {name} {error}"
    return ""


# Rows that say the same share one Details, here too.
@lru_cache(maxsize=128)
def _bare(said: Details) -> Details:
    return replace(said, cadence="", topics=(), language="", timezone="")


@lru_cache(maxsize=128)
def _with(said: Details, topics: tuple[str, ...]) -> Details:
    return replace(said, topics=topics)
