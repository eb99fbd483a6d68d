import io
import json
import logging

import pytest

from digest import logs
from tests.builders import NOW


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def as_it_was():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(stream, log):
    logs.set_up(stream, clock=lambda: NOW)
    log()
    return stream.getvalue()


def test_in_a_pipe_an_event_is_one_line_of_json():
    log = logs.logger("digest.web")

    text = written(io.StringIO(), lambda: log.info("issue.released", issue=7, ms=12.5))

    assert text.endswith("\n")
    assert json.loads(text) == {
        "at": "2026-11-24T06:30:00.000+00:00",
        "event": "issue.released",
        "issue": 7,
        "level": "info",
        "logger": "digest.web",
        "ms": 12.5,
    }


def test_on_a_terminal_it_is_words():
    text = written(Terminal(), lambda: logs.logger("digest").info("issue.released", issue=7))

    assert "issue.released" in text
    assert not text.startswith("{")


def test_what_libraries_log_comes_the_same_way_but_only_from_warnings_on():
    def log():
        logging.getLogger("uvicorn.error").info("Started server")
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request from %s", "nobody")
        logging.getLogger("other").info("told")

    told = [json.loads(line) for line in written(io.StringIO(), log).splitlines()]

    assert [(one["logger"], one["event"]) for one in told] == [
        ("uvicorn.error", "Invalid HTTP request from nobody"),
        ("other", "told"),
    ]


def test_no_address_and_no_word_of_a_link_is_written_wherever_it_was():
    def log():
        try:
            raise ValueError("ada@example.org is no good")
        except ValueError:
            logs.logger("digest").exception("it.failed", to="Ada <ada@example.org>")
        logging.getLogger("x").warning("GET /unsubscribe/daily.abc-123.x_Y for ada@example.org")

    text = written(io.StringIO(), log)

    assert "ada" not in text.replace("Ada <", "")
    assert "abc-123" not in text
    first, second = (json.loads(line) for line in text.splitlines())
    assert first["to"] == "Ada <[address]>"
    assert "ValueError: [address] is no good" in first["exception"]
    assert second["event"] == "GET /unsubscribe/[token] for [address]"


def test_what_is_below_the_level_is_not_written():
    assert written(io.StringIO(), lambda: logs.logger("digest").debug("seen")) == ""


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("letters/confirm/subject.txt:1 is", "letters/confirm/subject.txt:1 is"),
        ("letters/address/body.mjml is", "letters/address/body.mjml is"),
        ("/confirm/body.mjml.AbC-1_", "/confirm/[token]"),
        ("/letters/confirm/AbC-1_", "/letters/confirm/[token]"),
    ],
)
def test_the_template_of_a_letter_is_named_and_no_link(said, kept):
    assert logs.discreet(said) == kept
