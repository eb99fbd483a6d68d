"""The measures measure what they say: worked by hand on examples small enough to count."""

from __future__ import annotations

import csv
import gzip
import json

import pytest

from bench import extraction, stories, summaries


def test_bcubed_of_the_truth_is_one():
    truth = {"a": 1, "b": 1, "c": 2}

    assert stories.bcubed({"a": "x", "b": "x", "c": "y"}, truth) == {
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
    }


def test_bcubed_counts_for_each_article_its_group_and_its_event():
    truth = {"a": 1, "b": 1, "c": 2}

    # One group: a and b find 2 of 3 their own, c finds 1 of 3; no event is torn.
    assert stories.bcubed(dict.fromkeys("abc", 0), truth) == {
        "precision": 0.5556,
        "recall": 1.0,
        "f1": 0.7143,
    }
    # All alone: a and b find half their event.
    assert stories.bcubed({"a": 1, "b": 2, "c": 3}, truth) == {
        "precision": 1.0,
        "recall": 0.6667,
        "f1": 0.8,
    }


@pytest.mark.parametrize(
    ("said", "wanted", "scores"),
    [
        ("The weir is open.", "the weir is open", (100.0, 100.0, 100.0)),
        ("honey", "weir", (0.0, 0.0, 0.0)),
        ("", "weir", (0.0, 0.0, 0.0)),
        # 3 of 4 words; pairs "the weir" of 3; in order "the weir open".
        ("the weir opened open", "the weir is open", (75.0, pytest.approx(100 / 3), 75.0)),
        # All words, no pair, the longest common sequence is one word.
        ("a b", "b a", (100.0, 0.0, 50.0)),
    ],
)
def test_rouge_counts_words_pairs_and_order(said, wanted, scores):
    assert summaries.rouge(said, wanted) == scores


def test_a_page_is_scored_by_its_shingles_where_the_truth_is_one_file(tmp_path):
    text = "The council of Ainsley voted on Thursday to rebuild the weir. " * 12
    (tmp_path / "html").mkdir()
    page = f"<html><body><article><p>{text}</p></article></body></html>"
    (tmp_path / "html" / "a.html.gz").write_bytes(gzip.compress(page.encode()))
    truth = {"a": {"articleBody": text, "url": "https://a.example/"}}
    (tmp_path / "ground-truth.json").write_text(json.dumps(truth))

    found = extraction.summary(tmp_path, None)

    assert found["pages"] == 1
    assert found["digest_f1"] == found["digest_precision"] == found["digest_recall"] == 1.0


def test_a_folder_without_pages_says_what_it_should_hold(tmp_path):
    with pytest.raises(SystemExit, match="no pages; expected html/"):
        extraction.summary(tmp_path, None)


def test_events_are_pooled_and_measured(tmp_path):
    event = {
        "articles": [
            {"title": "Weir to be rebuilt", "text": "The weir.", "created_at": {"$date": 1}},
            {"title": "Weir to be rebuilt", "text": "The weir.", "created_at": "2026-01-01"},
        ]
    }
    path = tmp_path / "events.json"
    path.write_text(json.dumps([event, {"articles": [{"title": "Honey", "text": "Bees."}]}]))

    found = stories.measure(path)

    assert (found["articles"], found["events"]) == (3, 2)
    assert found["alone"] == {"precision": 1.0, "recall": 0.6667, "f1": 0.8}


def test_summaries_are_measured_beside_the_first_sentences(tmp_path):
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("article", "highlights"))
        rows.writerow(("The council voted for the weir.", "the council voted for the weir"))

    found = summaries.measure(path, 10)

    assert found["articles"] == 1
    assert found["ours"] == found["lead_3"] == [100.0, 100.0, 100.0]
    assert found["broken_spans"] == 0
