from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate.cleaning import clean
from digest.curate.summarise import SummaryOptions, summarise
from tests.builders import an_article

LEAD = "The council of Ainsley voted on Thursday to rebuild the weir that the flood took."
COST = "The weir will cost the council 2.4 million pounds, and the river trust pays a third."
ANGLERS = "Anglers at Ainsley had asked the council for a wider fish pass beside the weir."
WORK = "Work on the weir begins in May and ends before the autumn rains."
TEXT = f"{LEAD}\n\n{COST}\n\n{ANGLERS}\n\n{WORK}"


def told(text, **given):
    options = given.pop("options", None)
    return [one.text for one in summarise(an_article(text=text, **given), options=options)]


def test_a_summary_is_whole_sentences_in_reading_order_with_their_places():
    article = an_article(title="Council votes for the weir", text=TEXT)

    summary = summarise(article)

    assert summary[0].text == LEAD
    assert [one.start for one in summary] == sorted(one.start for one in summary)
    assert all(article.text[one.start : one.end] == one.text for one in summary)
    assert {one.url for one in summary} == {article.url}


def test_a_summary_is_no_longer_than_it_may_be():
    assert len(told(TEXT, options=SummaryOptions(sentences=2))) == 2
    assert told(TEXT, options=SummaryOptions(max_characters=90)) == [LEAD]


def test_one_sentence_that_is_too_long_is_still_better_than_none():
    long = f"The council voted, {'and voted again, ' * 30}and then went home."

    assert told(long, options=SummaryOptions(max_characters=100)) == [long]


@pytest.mark.parametrize(
    "dateline",
    [
        "(CNN) ",
        "(CNN) -- ",
        "AINSLEY, England (Reuters) - ",
        "Ainsley (AP) — ",
        "AINSLEY, Nov. 23 — ",
        "AINSLEY — ",
        "МОСКВА — ",
    ],
)
def test_a_dateline_is_not_part_of_the_news(dateline):
    article = an_article(text=dateline + TEXT)

    first = summarise(article)[0]

    assert first.text == LEAD
    assert article.text[first.start : first.end] == LEAD


@pytest.mark.parametrize(
    "opening",
    [
        "AINSLEY – which has 32 councillors – said on Thursday that it would rebuild the weir.",
        "The River and Weir Trust (RWT) – the owner – voted on Thursday to rebuild the weir.",
        "UK, EU – and Swiss – councils voted on Thursday to rebuild the weir at Ainsley.",
        "RWT - river and weir trust - voted on Thursday to rebuild the weir.",
        "AINSLEY — Moss of the trust — voted on Thursday to rebuild the weir.",
        "AINSLEY – and not Bellwater – voted on Thursday to rebuild the weir.",
        "AINSLEY – and not Bellwater voted on Thursday to rebuild the weir.",
    ],
)
def test_a_dash_that_sets_apart_a_clause_ends_no_dateline(opening):
    assert told(f"{opening} {COST}")[0] == opening


@pytest.mark.parametrize(
    "line",
    [
        "By Ruth Okafor and Owen Thrale of the Observer.",
        "Sign up to our morning newsletter about weirs and councils.",
        "This article was first told in the Observer of Ainsley.",
        "Council votes to rebuild the weir.",
        "To get stories about the weir in your inbox first, sign up here.",
        "Jane Doe is a senior reporter covering the council of Ainsley.",
        "What the council will pay",
        "Jane Doe is a writer who has covered the council of Ainsley for a decade.",
        "If you buy a weir through our links, we may earn a small commission for the council.",
        "Purchases made through our links may earn us a commission on the weir.",
        "This post on the weir of Ainsley contains affiliate links to the council.",
        "Products are chosen independently by the editors of the Observer.",
        "See a.example/privacy on the weir for privacy and opt-out information.",
        "This episode is sponsored by the council of Ainsley and its weir.",
        "Thanks for reading the weir and council letter of Ainsley!",
        "Dieser Text über das Wehr enthält Affiliate-Links zum Rat der Stadt.",
        "Beim Kauf des Wehrs über einen Link erhalten wir eine Provision.",
        "Click to share the weir on the council (Opens in new window).",
        "Write to the council of Ainsley about the weir at [email\xa0protected] today.",
        "Last updated in December by the council of Ainsley, which owns the weir.",
        "The weir | 2.4 million pounds | the council of Ainsley | voted.",
        "What the council of Ainsley will pay for the weir",
        "“The weir is ours,” said the council of Ainsley, “and so is the",
        "Yes it is.",
    ],
)
def test_what_is_no_sentence_of_the_news_is_not_told(line):
    given = {"title": "Council votes to rebuild the weir"}

    assert line not in told(f"{line}\n\n{TEXT}", **given)


@pytest.mark.parametrize(
    "line",
    [
        "Sign up for the weir began on Thursday and 3,000 people of Ainsley came.",
        "Contact between the council of Ainsley and the river trust was lost in the flood.",
        "The council of Ainsley will receive an answer on the weir from the European Commission.",
        "Watch houses along the river Ainsley stood empty when the flood took the weir.",
    ],
)
def test_news_that_begins_like_a_notice_is_told(line):
    assert told(f"{line} {COST}")[0] == line


@pytest.mark.parametrize(
    "head",
    [
        "Home News Council votes to rebuild the weir By Ruth Okafor of the Observer, who was there.",
        "Council votes to rebuild the weir by Ruth Okafor Monday, 9 May The council was there.",
        "Council votes to rebuild the weir 9 May 2026 The council of Ainsley was there.",
    ],
)
def test_a_headline_that_runs_into_a_sentence_is_not_told(head):
    given = {"title": "Council votes to rebuild the weir"}
    news = "Council votes to rebuild the weir of Ainsley have been taken since the flood of May."

    assert head not in told(f"{head}\n\n{TEXT}", **given)
    assert told(f"{news}\n\n{TEXT}", **given)[0] == news


@pytest.mark.parametrize(
    "label",
    ["Abstract: ", "Abstract:", "arXiv:2601.00001v1 Announce Type: new Abstract: ", "TL;DR: "],
)
def test_a_label_before_the_text_is_not_told(label):
    assert told(f"{label}{LEAD} {COST}")[0] == LEAD


@pytest.mark.parametrize(
    ("line", "news", "language"),
    [
        ("Madrid, 30 nov (EFE).- ", "El consejo votó el lunes un nuevo muro de piedra.", "es"),
        ("(서울=연합뉴스) 김철수 기자 = ", "시의회는 월요일 새 다리 건설을 가결했다.", "ko"),
        ("新华社北京11月30日电（记者李明）", "市议会星期一投票通过了新桥的建设方案。", "zh"),
        ("【本報訊】", "市議會星期一投票通過了新橋的建設方案。", "zh"),
        ("中新社北京11月30日电 (记者 李明)", "市议会星期一投票通过了新桥的建设方案。", "zh"),
        ("【ソウル＝小池和樹】", "市議会は月曜日に新しい橋の建設を可決した。", "ja"),
        ("【11月30日 AFP】", "市議会は月曜日に新しい橋の建設を可決した。", "ja"),
        ("[東京 30日 ロイター] - ", "市議会は月曜日に新しい橋の建設を可決した。", "ja"),
        ("[서울=뉴시스] 김철수 기자 = ", "시의회는 월요일 새 다리 건설을 가결했다.", "ko"),
        ("Berlin (dpa) – ", "Der Rat hat am Montag eine neue Mauer beschlossen.", "de"),
        ("Frankfurt/Main (dpa-AFX) - ", "Der Rat hat am Montag eine Mauer beschlossen.", "de"),
        ("Zürich, 30.11.2026 - ", "Der Rat hat am Montag eine neue Mauer beschlossen.", "de"),
        ("(ANSA) - ROMA, 30 NOV - ", "Il consiglio ha votato lunedì un nuovo muro.", "it"),
        ("Paris, 30 nov 2026 (AFP) - ", "Le conseil a voté lundi un nouveau mur.", "fr"),
        ("МОСКВА, 30 ноя — РИА Новости. ", "Совет в понедельник одобрил новую стену.", "ru"),
        ("МОСКВА, 30 ноября. /ТАСС/. ", "Совет в понедельник одобрил новую стену.", "ru"),
        ("Москва. 30 ноября. INTERFAX.RU - ", "Совет в понедельник одобрил новую стену.", "ru"),
        ("دمشق، سوريا (CNN) -- ", "صوت المجلس يوم الاثنين على بناء جدار جديد.", "ar"),
        ("NEW YORK, Nov. 30, 2026 /PRNewswire/ -- ", "The council voted for a new wall.", "en"),
        ("NEW DELHI: ", "The council voted on Monday for a new wall of stone.", "en"),
        ("Ainsley – ", "The council voted on Monday for a new wall of stone.", "en"),
        ("Washington, DC, United States: ", "The council voted on Monday for a wall.", "en"),
        ("• ", "The council voted on Monday for a new wall of stone.", "en"),
    ],
)
def test_the_dateline_of_an_agency_is_not_told(line, news, language):
    assert told(f"{line}{news}", language=language)[0] == news


def test_capitals_before_a_dash_are_a_dateline_though_dashes_follow():
    news = "Der Rat – so der Bürgermeister – hat am Montag eine neue Mauer beschlossen."

    assert told(f"AUS DEM RATHAUS - {news}", language="de") == [news]


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("voted on the weir of Ainsley and its council on Thursday evening.", "en"),
        ("The weir of Ainsley, says the council, is safe and sound again).", "en"),
        ("— У меня просьба к совету о новой стене и старой плотине.", "ru"),
        ("(The council of Ainsley never did settle on a name for the weir.)", "en"),
        ("– Mamy prośbę do rady w sprawie nowej zapory na rzece.", "pl"),
    ],
)
def test_a_sentence_without_its_beginning_or_its_speaker_is_not_told(line, language):
    assert line not in told(f"{line}\n\n{TEXT}", language=language)


def test_speech_behind_a_dash_is_told_with_its_speaker_or_not_at_all():
    news = "Совет в понедельник одобрил новую стену."
    said = "— У меня просьба к совету о стене,— сказал мэр города Иванов."
    more = "— У меня просьба. Передайте совету наши планы. Мы ждем его ответа,— сказал мэр города."

    assert said in told(f"{news}\n\n{said}", language="ru")
    assert told(f"{news}\n\n{more}", language="ru") == [news]


def test_a_place_before_a_dash_is_a_dateline_only_where_a_text_begins():
    line = "Ainsley – Where the weir broke – has a new council."
    later = "Ainsley – The council wants to build the weir of stone."

    assert told(f"{line} {COST}")[0] == line
    assert later in told(f"{LEAD} {later}")


def test_a_sentence_that_is_the_title_without_its_kicker_is_not_told():
    given = {"title": "Opinion | Is the weir of Ainsley a crime?"}

    assert "Is the weir of Ainsley a crime?" not in told(
        f"Is the weir of Ainsley a crime?\n\n{TEXT}", **given
    )


def test_a_name_with_a_small_letter_and_numbered_points_are_told():
    for line in (
        "de Blasio told the council of Ainsley that the weir is safe.",
        "iPhone users told the council of Ainsley that the weir is safe.",
        "Two reasons: 1) the council of Ainsley owns it; 2) the weir is old.",
    ):
        assert line in told(f"{line} {COST}")


def test_the_same_thing_is_not_said_twice():
    again = LEAD.replace("voted", "has voted")

    assert again not in told(f"{LEAD} {again} {COST} {WORK}", options=SummaryOptions(sentences=2))


def test_a_question_is_told_after_a_statement():
    question = "What does a river want with so many stones and so little water?"

    assert told(f"{question} {LEAD} {COST}", options=SummaryOptions(sentences=1)) == [LEAD]


def test_a_sentence_that_hangs_on_another_is_not_told_without_it():
    hanging = "They also asked the council of Ainsley about the weir and the flood and the vote."
    other = "Somebody else in Bellwater spoke of gulls."

    summary = told(f"{LEAD} {other} {hanging} {COST}")

    assert hanging not in summary or other in summary
    assert hanging not in told(f"{LEAD} Yes. {hanging} {COST}")


def test_a_pronoun_is_told_behind_what_it_stands_for():
    hanging = "They also asked the council of Ainsley about the weir and the flood and the vote."
    options = SummaryOptions(sentences=6, max_characters=900)

    assert told(f"{LEAD} {ANGLERS} {hanging}", options=options) == [LEAD, ANGLERS, hanging]


def test_a_quotation_takes_nothing_from_the_other_sentences_of_its_paragraph():
    quotation = "“The weir of Ainsley is ours and nobody else's,” Moss of the trust said."
    options = SummaryOptions(sentences=6, max_characters=900)

    text = f"{LEAD} {COST} {quotation} {WORK}"

    assert told(text, options=options) == [LEAD, COST, quotation, WORK]


@pytest.mark.parametrize(
    "words",
    [
        '"The flood of Ainsley took the weir. The council slept in its warm beds. The trust knew."',
        "“The flood of Ainsley took the weir. The council slept in its warm beds. The trust knew.”",
        "„The flood of Ainsley took the weir. The council slept in its warm beds. The trust knew.“",
    ],
)
def test_half_a_quotation_and_what_stands_amid_one_are_not_told(words):
    summary = told(f"Moss of the trust was angry: {words} {LEAD} {COST}")

    assert summary
    assert all(one in (LEAD, COST) for one in summary)


@pytest.mark.parametrize("after", ["", ",” he said.", ",” said she."])
def test_a_quotation_without_its_speaker_is_told_only_behind_the_sentence_that_names_them(after):
    quotation = f"“The council of Ainsley voted to rebuild the weir{after or '.”'}"
    speaker = "Moss of the river trust spoke to the council of Ainsley about the vote on the weir."
    options = SummaryOptions(sentences=4, max_characters=900)

    summary = told(f"{speaker} {quotation} {COST} {ANGLERS}", options=options)
    assert summary == [speaker, quotation, COST, ANGLERS]
    assert quotation not in told(f"Yes. {quotation} {COST} {ANGLERS}", options=options)


def test_a_text_of_hanging_sentences_is_told_by_its_first():
    first = "They voted for the rebuilding of Ainsley weir."

    assert told(f"The. {first} And they went home merrily to Ainsley.") == [first]


@pytest.mark.parametrize("text", ["", "No stop here", "Yes. No. Maybe."])
def test_a_text_without_a_sentence_has_no_summary(text):
    assert told(text) == []


def test_only_the_beginning_of_a_long_text_is_looked_at():
    lines = [f"Reason number {n} for the weir concerns councillor Pell{n}." for n in range(300)]

    article = an_article(text=" ".join(lines))

    assert max(one.end for one in summarise(article)) < len(article.text) / 3


@pytest.mark.parametrize("language", ["ja", "zh"])
def test_unspaced_scripts_are_summarised_too(language):
    text = "川口町の木の橋が十二日の朝に開通した。小学生たちが最初に橋を渡った。工事には大工が加わった。"

    assert told(text, language=language)[0] == text[: text.index("。") + 1]


WORDS = st.sampled_from(
    "the council Ainsley weir voted flood “yes” (CNN) Mr. 2.4 said — he. They U.S. rain! why? "
    "bridge. \n\n opened mill; river, trust: 橋が開通。 café".split(" ")
)


@given(st.lists(WORDS, max_size=120).map(" ".join), st.integers(1, 6))
def test_every_sentence_is_exactly_its_place_in_the_text(text, most):
    article = an_article(text=clean(text))

    summary = summarise(article, options=SummaryOptions(sentences=most))

    assert len(summary) <= most
    assert [article.text[one.start : one.end] for one in summary] == [one.text for one in summary]
    assert all(a.end <= b.start for a, b in pairwise(summary))


@given(st.text())
def test_any_text_is_summarised_from_itself(text):
    article = an_article(text=clean(text))

    for one in summarise(article):
        assert article.text[one.start : one.end] == one.text


def test_a_summary_in_another_language_leaves_out_what_hangs_on_what_is_not_told():
    lead = "El consejo municipal de Puerto Viejo aprobó el lunes el cierre del puente del puerto."
    bench = "Hubo música."
    dangling = "Este permanecerá cerrado dieciocho meses por el consejo de Puerto Viejo."
    own = "La tesorera Ana Campo defendió en el consejo el cierre del puente del puerto."

    text = f"{lead}\n\n{bench}\n\n{dangling}\n\n{own}"

    assert told(text, language="es", options=SummaryOptions(sentences=2)) == [lead, own]


@pytest.mark.parametrize("mark", ["--", "—", "-"])
def test_a_town_and_its_state_before_a_dash_are_a_dateline(mark):
    news = "Anglers at Ainsley want a fish pass beside the weir — wider than before — by May."

    assert told(f"ANAHEIM, Calif. {mark} {news}") == [news]


def test_a_row_of_a_table_is_not_told():
    assert told(f"{LEAD}\n\n| Anglers at Ainsley have asked for a pass.") == [LEAD]


@pytest.mark.parametrize("mark", ["...", " ...", "…", " …", "...”"])
def test_a_text_that_a_feed_cut_off_is_told_as_far_as_its_last_whole_sentence(mark):
    assert told(f"{LEAD} The trust decided to pay for a third of the bri{mark}") == [LEAD]
    assert told(f"Officials of the river trust had promised to pay for the bri{mark}") == []
