from __future__ import annotations

import pytest

from digest.curate import consent, extract
from digest.curate.extract import Unreadable
from digest.model import Form
from tests.builders import NOW, an_item

ASKED = [
    "We and our 1,423 partners store and access information on a device, such as cookies, and "
    "process personal data for personalised ads and content, ad and content measurement, and "
    "audience insights. You may change your preferences at any time.",
    "Besuchen Sie uns wie gewohnt mit Werbung und Tracking. Ihre Zustimmung können Sie jederzeit "
    "widerrufen. Wir und unsere Partner wollen Informationen auf einem Gerät speichern und "
    "abrufen, personalisierte Anzeigen und Inhalte, Messungen von Anzeigen und Inhalten.",
    "Avec votre accord, nos 214 partenaires et nous utilisons des cookies pour stocker des "
    "informations personnelles comme votre visite sur ce site : publicités et contenu "
    "personnalisés, mesure de performance des publicités et du contenu.",
    "Con su consentimiento, nosotros y nuestros 846 socios usamos cookies para almacenar "
    "información en un dispositivo, anuncios y contenido personalizados, medición de publicidad.",
    "Com o seu consentimento, nós e os nossos parceiros usamos cookies para anúncios e conteúdos "
    "personalizados e medição de anúncios.",
    "С вашего согласия мы и наши партнёры используем cookie, чтобы показывать персонализированную "
    "рекламу. Вы можете отозвать ваше согласие.",
]
NEWS = [
    "The regulator fined the paper on Monday for cookies that it set before readers gave their "
    "consent. The paper showed personalised ads to nine million people, the ruling says.",
    "Die Behörde verhängte am Montag ein Bußgeld wegen Tracking ohne Einwilligung. Der Verlag "
    "zeigte personalisierte Werbung.",
    "The harbour board and its partners asked the council for a wider lock.",
]


@pytest.mark.parametrize("text", ASKED)
def test_a_page_that_asks_for_consent_is_known_in_the_languages_of_our_readers(text):
    assert consent.is_asked(text)


@pytest.mark.parametrize("text", NEWS)
def test_news_of_cookies_is_news(text):
    assert not consent.is_asked(text)


def test_an_article_behind_such_words_is_an_article():
    assert not consent.is_asked(f"{ASKED[0]} {'The gates swing open again. ' * 100}")


def test_a_teaser_stands_where_its_page_only_asks_for_consent_and_a_link_tells_nothing():
    body = "".join(f"<p>{ASKED[0]} {n}</p>" for n in range(5))
    page = f"<html><head><title>We value your privacy</title></head><body>{body}</body></html>"
    told = "The council closes the bridge for two weeks."
    item = an_item(form=Form.PAGE, content=page, title="Bridge shut")
    teaser = an_item(form=Form.PAGE, content=page, title="Bridge shut", teaser=told)

    assert extract.read(teaser, source_name="Observer", seen=NOW).text == told
    assert isinstance(extract.read(item, source_name="Observer", seen=NOW), Unreadable)
