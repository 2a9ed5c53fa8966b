"""What the writers' commands share: numbers with their word."""


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
