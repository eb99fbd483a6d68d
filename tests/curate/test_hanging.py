import pytest

from digest.curate import hanging


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("He left at noon.", "en"),
        ("“But nobody came,” she said.", "en"),
        ("In 2007, she won.", "en"),
        ("On Monday, they left.", "en"),
        ("Which is why it closed.", "en"),
        ("If the answer is yes, call.", "en"),
        ("Daraufhin trat der Rat zurück.", "de"),
        ("Beides weist der Rat zurück.", "de"),
        ("Selon lui, le pont est sûr.", "fr"),
        ("Añadió que el puente es seguro.", "es"),
        ("Ha explicado que el puente es seguro.", "es"),
        ("Lo ha detto il sindaco.", "it"),
        ("Ha aggiunto che il ponte è sicuro.", "it"),
        ("Disse ainda que a ponte é segura.", "pt"),
        ("Volgens hem is de brug veilig.", "nl"),
        ("Jego zdaniem most jest bezpieczny.", "pl"),
        ("Dodał, że most jest bezpieczny.", "pl"),
        ("По его словам, мост безопасен.", "ru"),
        ("Отметил, что мост безопасен.", "ru"),
        ("Diese soll achtzehn Monate dauern.", "de"),
        ("Dafür gibt die Stadt Geld aus.", "de"),
        ("Celui-ci restera fermé.", "fr"),
        ("Cette fermeture coûte cher.", "fr"),
        ("Este permanecerá cerrado.", "es"),
        ("Sin embargo, los vecinos protestan.", "es"),
        ("Questo resta chiuso.", "it"),
        ("Ele disse que não.", "pt"),
        ("Daarom vrezen winkeliers voor hun omzet.", "nl"),
        ("Этот мост закрыт.", "ru"),
        ("Однако торговцы боятся.", "ru"),
        ("وأضاف أن الجسر سيبقى مغلقا.", "ar"),
        ("لكن التجار يخشون.", "ar"),
        ("他说，大桥将关闭。", "zh"),
        ("「彼」は来なかった。", "ja"),
        ("しかし橋は閉鎖された。", "ja"),
    ],
)
def test_a_pronoun_or_a_tie_hangs_on_what_was_said_before(sentence, language):
    assert hanging.hangs(sentence, language)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Hermes the cat left at noon.", "en"),
        ("In 2007, Ada won and she left.", "en"),
        ("On Monday, the bridge opened.", "en"),
        ("After Smith left, he stayed.", "en"),
        ("Which bridge is the oldest?", "en"),
        ("Lo sciopero continua.", "it"),
        ("Ten tydzień przyniesie deszcz.", "pl"),
        ("Temat wraca.", "pl"),
        ("Por la tarde abre el puente.", "es"),
        ("Die Brücke ist offen.", "de"),
        ("Soest hat eine neue Brücke.", "de"),
        ("Ce lundi, le pont est ouvert.", "fr"),
        ("Sarah ouvre le pont.", "fr"),
        ("Esta semana abre el puente.", "es"),
        ("Questa settimana apre il ponte.", "it"),
        ("Esta segunda a ponte abre.", "pt"),
        ("Het kabinet valt.", "nl"),
        ("Имя моста решили не менять.", "ru"),
        ("وقال الوزير إن الجسر مفتوح.", "ar"),
        ("大桥今日重新开放。", "zh"),
        ("橋が開通した。", "ja"),
        ("Este huis is te koop.", "nl"),
    ],
)
def test_a_sentence_of_its_own_does_not(sentence, language):
    assert not hanging.hangs(sentence, language)
