"""Colours by meaning: a channel, a measure, an outcome has the same one on every page, light or dark."""

from collections.abc import Sequence

# name: (on light, on dark)
CHANNELS = {
    "SMS": ("#2b6cb0", "#63a4e8"),
    "Email": ("#c05621", "#f0965a"),
    "Viber": ("#6b46c1", "#a78bfa"),
    "WhatsApp": ("#2f855a", "#5fc48d"),
    "RCS": ("#0e7490", "#4cc3de"),
    "MMS": ("#7ea6d9", "#9cc3f2"),
    "Mobile push": ("#b83280", "#ec74b8"),
    "Web push": ("#d98ab8", "#f3b3d4"),
    "In-app": ("#97690f", "#dfb04a"),
    "Messenger": ("#3c4fc0", "#8fa0ff"),
    "LINE": ("#6a9a1f", "#a5d157"),
    "Voice": ("#4a5568", "#a7b3c4"),
}
MEASURES = {
    "entries": ("#2557c9", "#7ea6ff"),
    "exits": ("#c2410c", "#fb9a66"),
    "inside": ("#8a94a6", "#97a2b5"),
    "profiles_in_journey": ("#2557c9", "#7ea6ff"),
    "active_profiles": ("#0f8a7e", "#4fd1c0"),
    "goal_performers": ("#a16207", "#e6b94d"),
    "messages_sent": ("#5b46c4", "#a99bff"),
    "valid": ("#2f855a", "#5fc48d"),
    "invalid": ("#c53030", "#f58080"),
    "connection_errors": ("#c53030", "#f58080"),
    "calls": ("#8a94a6", "#97a2b5"),
    "answered": ("#2557c9", "#7ea6ff"),
    "completed": ("#2f855a", "#5fc48d"),
    "ended_early": ("#c2410c", "#fb9a66"),
    "goal_events": ("#a16207", "#e6b94d"),
    "cumulative": ("#2557c9", "#7ea6ff"),
    "projection": ("#2557c9", "#7ea6ff"),
    "last_month": ("#b4bccb", "#4d5a70"),
    "plan": ("#c53030", "#f58080"),
    "new": ("#2557c9", "#7ea6ff"),
    "cost": ("#475569", "#a3b1c6"),
}
DASHES = {"projection": [2, 4], "plan": [7, 4]}
"""Strokes of lines that are no counts of what happened: dashes and gaps, in pixels."""

SERIES = [
    ("#2557c9", "#7ea6ff"),
    ("#c2410c", "#fb9a66"),
    ("#0f8a7e", "#4fd1c0"),
    ("#a16207", "#e6b94d"),
    ("#b83280", "#ec74b8"),
    ("#5b46c4", "#a99bff"),
    ("#4a5568", "#a7b3c4"),
    ("#6a9a1f", "#a5d157"),
]
INK = {
    "ink": ("#1a2233", "#e8ecf4"),
    "muted": ("#5a6579", "#9aa6ba"),
    "grid": ("#e7eaf0", "#2b3444"),
    "card": ("#ffffff", "#171e2b"),
    "accent": ("#2557c9", "#7ea6ff"),
}


def variable(meaning: str) -> str:
    """The CSS variable of a channel's, measure's or other meaning's colour, as the value of a property."""
    return f"var(--{_name(meaning)})"


def series_colours(dimension: str | None, values: Sequence[str]) -> list[str]:
    """One colour per value: those of channels and measures by meaning, others in turn."""
    known = CHANNELS if dimension == "channel" else MEASURES
    return [
        variable(value) if value in known else f"var(--series-{at % len(SERIES)})" for at, value in enumerate(values)
    ]


def css_variables(*, dark: bool) -> str:
    """All colours as declarations for a style sheet."""
    return "".join(f"--{name}:{colour};" for name, colour in _colours(dark=dark).items())


def on_paper(text: str) -> str:
    """The text with each variable in place of its light colour, for a picture that stands alone."""
    for name, colour in _colours(dark=False).items():
        text = text.replace(f"var(--{name})", colour)
    return text


def _colours(*, dark: bool) -> dict[str, str]:
    series = {f"series-{at}": pair for at, pair in enumerate(SERIES)}
    return {_name(meaning): pair[dark] for meaning, pair in (INK | CHANNELS | MEASURES | series).items()}


def _name(meaning: str) -> str:
    slug = meaning.lower().replace(" ", "-").replace("_", "-")
    return f"hue-{slug}" if meaning in CHANNELS or meaning in MEASURES else slug
