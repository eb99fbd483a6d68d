from __future__ import annotations

import stat
import tomllib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from digest.config import document, edit
from digest.config.rewrite import rewrite
from digest.errors import Misconfigured
from tests.config.conftest import GOOD, Write

HERALD = {"location": "https://herald.example/feed.xml", "name": "Herald"}
GAZETTE = {"location": "https://gazette.example/feed.xml", "name": "Gazette"}

LAID_OUT = """\
# The morning paper
[[collect.sources]]          # ours
location = "sample:"         # the sample
name = "Sample paper"
#topic = "harbour"           # not set

# To be switched on:
#[[collect.sources]]
#location = "x"

# ---- how we ask
[collect.http]
connections = 3
"""


def added(text: str, *entries: dict[str, str], newsletter: str | None = None) -> str:
    read = document.parse(text, Path("config.toml"))
    return edit.with_sources(read, list(entries), newsletter=newsletter)


def removed(text: str, index: int, name: str = "") -> str:
    return edit.without_source(document.parse(text, Path("config.toml")), index, name)


def test_a_source_is_added_behind_the_last_one_and_its_unset_keys():
    assert added(LAID_OUT, HERALD) == LAID_OUT.replace(
        "# not set\n",
        "# not set\n\n[[collect.sources]]\n"
        'location = "https://herald.example/feed.xml"\nname = "Herald"\n',
    )


def test_the_heading_of_the_next_table_stays_with_it():
    text = '[[collect.sources]]\nlocation = "sample:"\n# How we ask\n[collect.http]\n'

    assert added(text, HERALD) == (
        '[[collect.sources]]\nlocation = "sample:"\n\n[[collect.sources]]\n'
        'location = "https://herald.example/feed.xml"\nname = "Herald"\n\n'
        "# How we ask\n[collect.http]\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1", "a = 1\n\n[[collect.sources]]\n"),
        ("[collect.http]\nx = 1\n[web]\n", "[collect.http]\nx = 1\n\n[[collect.sources]]\n"),
    ],
)
def test_a_first_source_is_added_behind_collect_or_at_the_end(before: str, after: str):
    assert added(before, HERALD).startswith(after)


def test_sources_in_a_list_are_added_to_the_list():
    text = '[collect]\nsources = [\n  { location = "sample:" }, # ours\n]\n'

    assert added(text, HERALD) == (
        '[collect]\nsources = [\n  { location = "sample:" }, # ours\n'
        '  {location = "https://herald.example/feed.xml", name = "Herald"},\n]\n'
    )


def test_a_newsletter_with_a_list_of_its_own_names_the_new_source():
    text = GOOD.replace('.example>"\n', '.example>"\nsources = [\n    "Sample paper",  # ours\n]\n')

    changed = added(text, HERALD, newsletter="daily")

    assert '    "Sample paper",  # ours\n    "Herald",\n]' in changed


def test_a_newsletter_that_takes_all_sources_is_left_as_it_is():
    assert added(GOOD, HERALD, newsletter="daily") == added(GOOD, HERALD)


def test_names_are_written_so_that_they_read_the_same():
    odd = {"location": "C:\\news\\*.md", "name": 'The "Quay" — 港\tside'}

    changed = tomllib.loads(added(GOOD, odd))

    assert changed["collect"]["sources"][1] == odd


def test_carriage_returns_are_kept():
    changed = added(GOOD.replace("\n", "\r\n"), HERALD, GAZETTE)

    assert changed.count("\n") == changed.count("\r\n") == GOOD.count("\n") + 8


def test_what_was_added_can_be_taken_out_without_a_trace():
    assert removed(added(LAID_OUT, HERALD), 1) == LAID_OUT
    assert removed(added(GOOD, HERALD), 1) == GOOD


def test_comments_around_and_inside_a_removed_source_are_kept_but_its_unset_keys():
    text = LAID_OUT.replace(
        'name = "Sample', '# a note of mine\n# weight = 2.0\nname = "Sample'
    ).replace("# not set\n", "# not set\n# one below\n#kind = 'sample'\n# the last\n")

    assert removed(text, 0) == (
        "# The morning paper\n# a note of mine\n# one below\n# the last\n\n"
        "# To be switched on:\n#[[collect.sources]]\n"
        '#location = "x"\n\n# ---- how we ask\n[collect.http]\nconnections = 3\n'
    )


def test_the_keys_of_a_table_that_is_commented_out_stay_with_it():
    text = LAID_OUT.replace("# not set\n\n# To be switched on:\n", "# not set\n")

    assert '\n#[[collect.sources]]\n#location = "x"\n' in removed(text, 0)


def test_a_removed_source_leaves_the_lists_of_newsletters():
    text = added(
        GOOD.replace('.example>"\n', '.example>"\nsources = ["Sample paper", "Herald"]\n'), HERALD
    )

    changed = removed(text, 1, "Herald")

    assert changed == GOOD.replace('.example>"\n', '.example>"\nsources = ["Sample paper"]\n')


def test_the_only_source_of_a_newsletter_is_not_taken_out_behind_its_back():
    text = GOOD.replace('.example>"\n', '.example>"\nsources = ["Sample paper"]\n')

    with pytest.raises(Misconfigured, match=r"newsletters.daily.sources names only"):
        removed(text, 0, "Sample paper")


def test_a_source_in_a_list_is_taken_out_of_the_list():
    text = 'collect.sources = [{ location = "a" }, { location = "b" }]\n[newsletters.x]\n'

    assert removed(text, 0) == 'collect.sources = [{ location = "b" }]\n[newsletters.x]\n'


def test_a_layout_that_cannot_be_changed_is_left_alone():
    with pytest.raises(Misconfigured, match="is laid out so that sources cannot be changed"):
        added("collect = { http = { connections = 3 } }\n", HERALD)


def test_a_change_is_written_in_one_step_and_keeps_the_mode(write: Write):
    path = write("\ufeff" + GOOD)
    path.chmod(0o640)

    loaded = rewrite(path, lambda read: edit.with_sources(read, [HERALD]), {})

    assert path.read_text(encoding="utf-8") == "\ufeff" + added(GOOD, HERALD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [source.name for source in loaded.settings.collect.sources] == ["Sample paper", "Herald"]
    assert [file.name for file in path.parent.iterdir()] == ["config.toml"]


def test_a_link_to_the_configuration_stays_a_link(write: Write, tmp_path: Path):
    real = write(name="real.toml")
    (tmp_path / "config.toml").symlink_to(real)

    rewrite(tmp_path / "config.toml", lambda read: edit.with_sources(read, [HERALD]), {})

    assert (tmp_path / "config.toml").is_symlink()
    assert real.read_text() == added(GOOD, HERALD)


def test_nothing_is_written_where_the_result_would_not_load(write: Write):
    path = write()
    wrong = {"location": "https://herald.example/feed.xml", "name": "Sample paper"}

    with pytest.raises(Misconfigured) as caught:
        rewrite(path, lambda read: edit.with_sources(read, [wrong]), {})

    assert path.read_text() == GOOD
    assert "was left as it was" in str(caught.value)
    assert 'is "Sample paper", which line 11 has already' in str(caught.value)


def test_a_configuration_that_cannot_be_written_is_told(write: Write, tmp_path: Path):
    path = write()

    def vanish(read: document.Document) -> str:
        path.unlink()
        return edit.with_sources(read, [HERALD])

    with pytest.raises(Misconfigured, match=r"cannot be written .*; nothing was changed"):
        rewrite(path, vanish, {})


def _add(path: Path, number: int) -> None:
    entry = {"location": f"https://herald.example/{number}", "name": f"Herald {number}"}
    rewrite(path, lambda read: edit.with_sources(read, [entry]), {})


def test_two_processes_that_add_at_once_lose_nothing(write: Write):
    path = write()

    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        list(pool.map(_add, [path] * 8, range(8)))

    found = tomllib.loads(path.read_text())["collect"]["sources"]
    assert {source["name"] for source in found} == {
        "Sample paper",
        *(f"Herald {number}" for number in range(8)),
    }
