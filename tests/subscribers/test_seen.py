from subscribers.seen import Seen


def test_a_key_is_known_from_its_second_time_on_however_many_there_are():
    seen = Seen()
    keys = [f"reader{n}@example.org" for n in range(20_000)]

    assert not any(seen.again(key) for key in keys)
    assert all(seen.again(key) for key in keys)
