"""The sample world's people: ids, and contacts that belong to nobody."""

# The numbers 555-0100 to 555-0199 of every North American area code are kept for fiction.
_AREA_CODES = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228,
    229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302,
    303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320,
]  # fmt: skip
_FIRST_NAMES = ["Ada", "Björn", "Chloé", "Dmitri", "Eva", "Farid", "Grace", "Hanneke", "Ines", "Jón", "Kenji", "Łucja"]
_NUMBERS_PER_AREA = 100


def person_id(number: int) -> str:
    """The id of an account's n-th person; accounts use the same ids for different people."""
    return f"person-{number:07d}"


def first_name(number: int) -> str:
    """A first name, often beyond ASCII."""
    return _FIRST_NAMES[number % len(_FIRST_NAMES)]


def email_address(account_id: str, number: int) -> str:
    """An address in a domain that is kept for documentation."""
    return f"{account_id}.{number:07d}@example.{'com' if number % 3 else 'org'}"


def phone_number(number: int, *, style: int = 0) -> str:
    """A valid number that is kept for fiction, in one of four notations; repeats after 5,600 people."""
    area = _AREA_CODES[number // _NUMBERS_PER_AREA % len(_AREA_CODES)]
    line = f"01{number % _NUMBERS_PER_AREA:02d}"
    return (f"+1{area}555{line}", f"+1 {area} 555 {line}", f"({area}) 555-{line}", f"{area}-555-{line}")[style % 4]
