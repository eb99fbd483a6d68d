"""Between what is claimed of a queue everything else is found, once, and in its order."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations_with_replacement

from hypothesis import given
from hypothesis import strategies as st

from digest.storage import queue
from digest.storage.queue import Piece, Place, Stretch
from tests.builders import NOW

MOMENTS = st.integers(-3, 3).map(lambda seconds: NOW + timedelta(seconds=seconds))
PLACES = st.builds(Place, MOMENTS, st.integers(1, 5))
STRETCHES = st.tuples(PLACES, PLACES).map(lambda ends: Stretch(min(ends), max(ends)))
ALL = [Place(NOW + timedelta(seconds=s), id_) for s in range(-3, 4) for id_ in range(1, 6)]


def lies_in(place: Place, piece: Piece) -> bool:
    """As the statements of storage/claiming.py ask for it."""
    if piece.of_one_moment:
        return place.at == piece.after.at and piece.after.id < place.id < piece.before.id
    return piece.after.at < place.at < piece.before.at


@given(st.lists(STRETCHES, max_size=6))
def test_what_may_go_and_is_not_claimed_lies_in_just_one_piece(claimed):
    pieces = list(queue.unclaimed(claimed, NOW))

    found = [place for piece in pieces for place in ALL if lies_in(place, piece)]

    assert found == [
        place
        for place in ALL
        if place.at <= NOW and not any(one.start <= place <= one.end for one in claimed)
    ]


def test_the_places_of_a_stretch_are_its_own_and_nobody_elses():
    near = [place for place in ALL if abs(place.at - NOW) <= timedelta(seconds=1)]
    for start, end in combinations_with_replacement(near, 2):
        pieces = list(queue.pieces(Stretch(start, end)))

        found = [place for piece in pieces for place in near if lies_in(place, piece)]

        assert found == [place for place in near if start <= place <= end]


def test_claims_one_behind_the_other_leave_nothing_to_ask_for_between_them():
    claimed = [
        Stretch(Place(NOW, 1), Place(NOW, 9)),
        Stretch(Place(NOW, 20), Place(NOW, 29)),
        Stretch(Place(NOW, 10), Place(NOW, 19)),
    ]

    before, rest, later = queue.unclaimed(claimed, NOW)

    assert (before.of_one_moment, before.before) == (False, Place(NOW, 0))
    assert rest == Piece(Place(NOW, 29), Place(NOW, queue.ENDLESS))
    assert later.after == Place(NOW, 0)
