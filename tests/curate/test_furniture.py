import pytest

from digest.curate import furniture

NOTICES = [
    "Please enter your comment!",
    "Please enter your name here",
    "› Subscribe",
    "Subscribe to our newsletter and never miss a story again.",
    "This reCAPTCHA has expired. Please reload the page.",
    "Prove that you are human",
    "We use cookies to make this site work.",
    "By continuing you agree to our terms.",
    "© 2026 Carrow Head Observer",
    "Copyright 2026 by the Observer. All rights reserved.",
    "3 comments",
    "Cet article est réservé aux abonnés.",
    "Il vous reste 75.3% de cet article à lire.",
    "Lire la suite",
    "Publié le 3 mai 2024 à 12h30",
    "Dieser Artikel ist nur für Abonnenten zugänglich.",
    "Sie haben bereits ein Abonnement?",
    "An dieser Stelle finden Sie einen externen Inhalt, der den Artikel ergänzt.",
    "Mit Ihrer Zustimmung wird hier ein externer Inhalt geladen.",
    "Empfohlener redaktioneller Inhalt",
    "Stand: 03.05.2024, 12:30 Uhr",
    "Contenido exclusivo para suscriptores.",
    "Sigue leyendo",
    "Questo articolo è riservato agli abbonati.",
    "RIPRODUZIONE RISERVATA",
    "Conteúdo exclusivo para assinantes",
    "Continua após a publicidade",
    "Dit artikel is alleen voor abonnees.",
    "Tekst gaat verder onder de foto.",
    "Czytaj także: Most znów otwarty",
    "Pozostało 81% artykułu",
    "REKLAMA",
    "Материал доступен только подписчикам.",
    "Читать далее",
    "اقرأ المزيد",
    "有料会員の方のみご利用になれます。",
    "残り1234文字",
    "続きを読む",
    "登录后查看全文",
    "责任编辑：王小明",
    "版权所有，未经授权不得转载。",
    "무단전재 및 재배포 금지",
    "Läs även: Bron är öppen",
    "12 Replies",
    "Related: Ferry timetable for the winter is out",
    "Also read: The lido opens after a long delay.",
    "Don’t miss: the lido opens",
    "À lire également : le port en hiver",
    "Lee también: El transbordador en invierno",
    "Siehe auch: Die Fähre im Winter",
    "Подпишитесь на наш канал",
    "関連記事：冬の渡し船",
    "Article continues below",
    "Updated 2 hours ago",
    "Your browser does not support the video element.",
    "Share this article",
    "More Articles",
    "Related stories:",
    "ADVERTISEMENT",
    "Read more: Is this the end of the number nine?",
    "The post Ada wins again appeared first on Carrow Head Observer.",
    "Tags: bridges, rivers",
    "Tags:",
    "Posted in Culture",
    "- Advertisement -",
    "Advertisement - Continue reading below",
    "Comments (12)",
    "View comments",
    "Notify me of new posts by email.",
    "You have entered an incorrect email address!",
    "This article is for subscribers only.",
    "You’ve read two of your three free articles this month.",
    "We and our 812 partners store information on your device.",
    "Checking your browser before accessing observer.example.",
    "Don’t miss out! Sign up now",
    "Log in",
    "Subscribe now for unlimited access",
    "Share via email",
    "Follow Ada Moss on Bluesky",
    "3 min read",
    "Loading...",
    "Photo: Ada Moss / Observer",
    "RELATED ARTICLES MORE FROM AUTHOR",
    "Terms of Service",
    "Anzeige",
    "Lesen Sie auch: Wer hat die Brücke bezahlt?",
    "Votre adresse e-mail ne sera pas publiée.",
    "Suscríbete",
    "Leggi anche: il ponte che non c’era",
    "Deixe um comentário",
    "Schrijf je in voor onze nieuwsbrief",
    "Реклама",
    "Zapisz się do newslettera",
    "* * *",
    "To get stories like this in your inbox first, sign up here.",
    "This story first appeared in our weekly newsletter, The Download.",
    "If you enjoyed this piece, please consider supporting us with a donation.",
    "Sign up for our morning briefing.",
    "Register for free to read on.",
    "We use cookies and similar technologies to run this website. " + "You may say no to any. " * 9,
]
PROSE = [
    "Sign up for the new bus card began on Monday and 3,000 people came.",
    "Register to vote by Monday, election officials in Harrow said on Friday.",
    "Register for the marathon closed on Friday after 40,000 had signed up.",
    "Get rid of spam: a new filter stops emails before they reach the inbox, its makers say.",
    "Subscribers to the ferry pass will pay two pounds more from May.",
    "“We use cookies to follow nobody,” the mayor said on Thursday.",
    "Copyright law is older than the press, the court was told on Monday.",
    "Werbung an Haltestellen wird teurer, sagte ein Sprecher der Stadt.",
    "Реклама на улицах города подорожала вдвое, сообщили в мэрии.",
    "Pubblicità e silenzio: il sindaco non ha voluto commentare la notizia.",
    "Checking your browser history is lawful, the court said on Monday.",
    "We and our partners in the union will walk out, the drivers said.",
    "Sign in sheets were burnt by the porter, who thought them old.",
    "Photographs of the weir hang in the hall until the end of May.",
    "Disclaimer or no disclaimer, the ferry company must pay, she said.",
    "Powered by the tide, the mill grinds twice a day and never on Sundays.",
    "Related news reached the harbour only after the boats had left.",
    "More stories were told that night than the hall had chairs.",
    "Captcha puzzles keep out the blind as well as the machines, she says.",
    "Newsletters are read on the bus, the survey found, and rarely finished.",
    "Share this, she said, with anyone who still believes in the old timetable.",
    "An dieser Stelle steht ein Denkmal, das die Stadt 1905 bauen ließ.",
    "Der Text ist für Leser gedacht, die den Hafen noch nicht kennen.",
    "اشترك في المؤتمر وزراء من خمسين دولة وممثلون عن المدن الكبرى.",
    "Suivez-nous, a dit le maire aux habitants, et le port rouvrira en mai.",
    "Join the discussion, the council had asked, and four hundred people did so.",
]


@pytest.mark.parametrize("line", NOTICES)
def test_what_speaks_to_the_visitor_is_furniture(line):
    assert furniture.is_certain(line)


@pytest.mark.parametrize("line", PROSE)
def test_a_sentence_that_begins_like_a_notice_is_prose(line):
    assert not furniture.is_certain(line)
    assert not furniture.is_likely(line)


def test_a_long_paragraph_is_prose_whatever_it_says():
    line = "We use cookies. " + "But this is the story of a baker and her oven. " * 5

    assert not furniture.is_certain(line)


@pytest.mark.parametrize(
    "line",
    ["Facebook Twitter WhatsApp", "Home | News | Sport", "Home > News > Ainsley", "Menu", "| · |"],
)
def test_bars_of_links_and_paths_are_likely_furniture(line):
    assert furniture.is_likely(line)


@pytest.mark.parametrize("line", ["What it will cost", "The keeper who would not leave the light"])
def test_a_heading_is_not_likely_furniture(line):
    assert not furniture.is_likely(line)


def test_a_line_of_a_script_without_spaces_is_measured_by_its_signs():
    told = "工程历时三年，花费四千万元。两条车道和一条自行车道把老城与渔港连接起来。" * 3
    heading = "首相、新たな経済対策を発表 / 財政支出は過去最大の三十九兆円にのぼる"

    assert furniture.is_certain("相关阅读：新桥")
    assert not furniture.is_certain(f"相关阅读：{told}")
    assert furniture.is_likely("新闻 > 港口 > 新桥")
    assert not furniture.is_likely(heading)


@pytest.mark.parametrize(
    "sentence",
    [
        "Read our full review of the ferry here.",
        "Fill out the form to get a copy of our guide.",
        "Keep reading to discover the ten best harbours.",
        "As an Amazon Associate, I earn from qualifying purchases.",
        "Affiliate Disclaimer: We independently review everything we recommend.",
        "Ruth Okafor contributed to this report.",
        "Observer writer Ruth Okafor contributed.",
        "Additional reporting by Ruth Okafor.",
        "An earlier version of this article misstated the date.",
        "Follow @ruthokafor on Mastodon.",
        "Mehr dazu lesen Sie hier.",
        "Hier geht es zum Live-Ticker.",
        "Dieser Text erschien zuerst im Hafenboten.",
        "Recibe en tu correo las noticias más importantes.",
        "Ruth Okafor does not work for, consult, own shares in or receive funding from any company.",
        "Ruth Okafor ne travaille pas, ne conseille pas et ne reçoit pas de fonds d'une entreprise.",
        "The Associated Press receives support from several private foundations.",
        "Notes to editors: The bridge was built in 1901.",
        "About Carrow Head Council: Carrow Head Council serves 40,000 people.",
        "You can reach the reporter at ruth@observer.example.",
        "Dieser Artikel wurde am 30.11.2026 aktualisiert.",
        "Sie möchten regelmäßig informiert werden?",
        "Subscribe on Apple Podcasts, Spotify or wherever you get your podcasts.",
        "If you like what you read, please support us on Patreon.",
    ],
)
def test_an_aside_to_the_visitor_tells_no_news(sentence):
    assert furniture.is_aside(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Bad weather contributed to the crash, the ferry company said.",
        "See the harbour from above and you know why nobody leaves.",
        "Want more ferries, less noise: that is what the harbour voted for.",
        "Mehr Fähren fahren im Sommer, weniger im Winter.",
        "Hier geht es um viel Geld.",
        "About the bridge: nobody has crossed it since Monday.",
        "Dieser Artikel wurde am Montag verkauft, sagte der Händler.",
        "Divers can reach the wreck at low tide.",
    ],
)
def test_news_that_sounds_like_an_aside_is_none(sentence):
    assert not furniture.is_aside(sentence)


@pytest.mark.parametrize(
    "line",
    [
        "The post The lock gates swing appeared first on Harrow Quay Herald.",
        "Der Beitrag Was nun? erschien zuerst auf Hafenbote.",
        "L’article Le pont est ouvert est apparu en premier sur Le Quai.",
        "La entrada El puente abre se publicó primero en El Muelle.",
        "L'articolo Il ponte è aperto proviene da Il Molo.",
        "O post A ponte abriu apareceu primeiro em O Cais.",
        "Het bericht De brug is open verscheen eerst op De Kade.",
        "Artykuł Most otwarty pochodzi z serwisu Nabrzeże.",
        "Запись Мост открыт впервые появилась Набережная.",
        "Сообщение Мост открыт появились сначала на Набережная.",
        "Inlägget Bron är öppen dök först upp på Kajen.",
        "The gates was originally published in The Quay on Medium, where people are continuing the "
        "conversation by highlighting and responding to this story.",
        "投稿 橋が開通 は 港新聞 に最初に表示されました。",
    ],
)
def test_what_wordpress_hangs_behind_an_item_is_furniture_as_a_line_and_as_a_sentence(line):
    assert furniture.is_certain(line)
    assert furniture.is_aside(line)


@pytest.mark.parametrize(
    "line",
    [
        "The post office on the quay appeared to be shut on Monday.",
        "Der Beitrag der Stadt stieg auf 40 Euro im Monat.",
        "L'articolo 18 resta in vigore, ha detto il ministro.",
        "La entrada del puerto se cerró primero en enero y luego en marzo.",
        "Статья вызвала спор в совете города.",
    ],
)
def test_news_that_opens_like_what_wordpress_hangs_on_is_prose(line):
    assert not furniture.is_certain(line)
    assert not furniture.is_aside(line)


def test_where_a_paper_stands_is_furniture_and_prose_that_names_a_paper_is_not():
    assert furniture.is_certain("J Harb Med. 2026 Nov 30. doi: 10.1000/x.1. Online ahead of print.")
    assert furniture.is_certain("PMID:41234567 | DOI:10.1000/x.1")
    assert furniture.is_aside("See acast.com/privacy for more information.")
    assert not furniture.is_certain("The paper (doi: 10.1000/x.1) counts 40 herons on the quay.")
