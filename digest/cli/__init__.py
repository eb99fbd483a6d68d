"""The operator's door."""


def main() -> None:
    raise SystemExit("not yet")
