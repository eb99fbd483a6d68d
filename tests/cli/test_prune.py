import json

from click.testing import CliRunner

from digest.cli import digest
from tests.cli.test_subscribers import CONFIG


def run(folder, *words):
    made = CliRunner().invoke(digest, ["--config", str(folder), "prune", *words])
    assert made.exception is None, made.exception
    return made.stdout


def test_a_dry_run_makes_no_database_and_pruning_says_what_went(tmp_path):
    (tmp_path / "config.toml").write_text(CONFIG)

    told = json.loads(run(tmp_path, "--dry-run", "--json"))

    assert told == {
        "deliveries": 0,
        "letters": 0,
        "texts": 0,
        "originals": 0,
        "unread": 0,
        "pruned": False,
    }
    assert not (tmp_path / "digest.db").exists()
    assert run(tmp_path) == (
        "Let go of 0 deliveries, 0 letters, the texts of 0 articles, the "
        "originals of 0 reports and 0 mails that nobody understood.\n"
    )
