import pytest

from digest.curate.walls import is_wall


@pytest.mark.parametrize(
    "title",
    [
        "Just a moment...",
        "Attention Required! | Cloudflare",
        "403 Forbidden",
        "404 Not Found",
        "404 - Page not found",
        "Error 404 (Not Found)!!1",
        "HTTP Status 404 – Not Found",
        "Page not found – The Quayside",
        "The Quayside | Page Not Found",
        "Sorry, this page can’t be found",
        "Access Denied",
        "Access to this page has been denied.",
        "Pardon Our Interruption",
        "Are you a robot?",
        "Bloomberg - Are you a robot?",
        "Robot or human?",
        "Verify you are human",
        "Service Temporarily Unavailable",
        "502 Bad Gateway",
        "Site maintenance",
        "Before you continue to YouTube",
        "Please enable JavaScript to view the site",
        "Log in",
        "Seite nicht gefunden",
        "Page introuvable | Le Quai",
        "Página no encontrada",
        "Страница не найдена",
        "الصفحة غير موجودة",
    ],
)
def test_the_title_of_a_page_that_came_in_an_article_s_place_is_known(title):
    assert is_wall((None, "", title))


@pytest.mark.parametrize(
    "title",
    [
        "",
        "500 jobs go at the mill",
        "404 metres: the new pier is longer than planned",
        "Access denied to press at harbour hearing",
        "Why “page not found” is an art form",
        "Just a moment in time: a life in pictures",
        "Maintenance of the lock gates begins on Monday",
        "Are you a robot? How ticket sellers try to find out",
        "Log in the canal stops ferry",
        "Service to the islands unavailable until spring",
        "The keeper who would not leave the light",
    ],
)
def test_a_headline_is_none(title):
    assert not is_wall((title,))
