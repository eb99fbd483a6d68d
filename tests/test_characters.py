from __future__ import annotations

import pytest

from digest import characters


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Gates \ud83d\ude00", "Gates 😀"),
        ("Gates \ud83d", "Gates \ufffd"),
        ("\ude00\ud83d Gates\0", "\ufffd\ufffd Gates"),
        ("Gates 😀", "Gates 😀"),
    ],
)
def test_halves_are_joined_or_replaced_and_nul_dropped(text, whole):
    assert characters.whole(text) == whole


@pytest.mark.parametrize(
    ("xml", "spelt"),
    [
        ("a&#55357;b", "a&#65533;b"),
        ("&#xD83D;&#xDE00;", "&#128512;"),
        ("&#0;&#x2;&#99999999;", "&#65533;&#65533;&#65533;"),
        ("&#10;&#8217;&amp;&#x41;", "&#10;&#8217;&amp;&#x41;"),
    ],
)
def test_a_reference_to_no_character_is_replaced(xml, spelt):
    assert characters.spelt(xml) == spelt


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Two words", 2),
        ("大桥今日重新开放。", 5),
        ("橋が開通し、小学生たちが 最初に渡った。", 11),
        ("新しい iPhone 15 を発表", 5),
        ("สะพานเปิดอีกครั้ง", 9),
        ("다리가 다시 열려", 3),
    ],
)
def test_two_characters_of_a_script_without_spaces_are_a_word(text, count):
    assert characters.words(text) == count


@pytest.mark.parametrize(
    ("text", "most", "head"),
    [
        ("Two words\n\nand more", 2, "Two words\n\n"),
        ("Two words", 2, "Two words"),
        ("大桥今日重新开放。", 2, "大桥今日"),
        ("新しい iPhone 15 を発表", 3, "新しい iPhone"),
        ("words", 0, ""),
    ],
)
def test_the_head_of_a_text_is_so_many_words(text, most, head):
    assert characters.head(text, most).strip() == head.strip()


@pytest.mark.parametrize(
    ("sentences", "text"),
    [
        (
            ["市議会は合意した。", "「早く」と市長。", "工事は春に始まる。"],
            "市議会は合意した。「早く」と市長。工事は春に始まる。",
        ),
        (
            ["他说：“桥开了。”", "人们很高兴！", "明天继续。"],
            "他说：“桥开了。”人们很高兴！明天继续。",
        ),
        (["다리가 열렸다.", "모두 기뻐했다."], "다리가 열렸다. 모두 기뻐했다."),
        (["สะพานเปิดแล้ว", "ทุกคนดีใจ"], "สะพานเปิดแล้ว ทุกคนดีใจ"),
        (["ស្ពានបានបើក។", "ពួកគេរីករាយ។"], "ស្ពានបានបើក។ ពួកគេរីករាយ។"),
        (["पुल खुल गया।", "सब खुश थे।"], "पुल खुल गया। सब खुश थे।"),
        (["It opened.", "“At last.”", "They cheered!"], "It opened. “At last.” They cheered!"),
        ([], ""),
    ],
)
def test_sentences_run_on_as_their_script_writes_them(sentences, text):
    assert characters.running(sentences) == text
