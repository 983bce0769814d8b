"""The sample world's journeys: their elements, goals and life spans."""

from dataclasses import dataclass
from functools import cached_property

from journeys_pipeline.schemas.journey_events import CHANNELS, ENTRY_SOURCES

TRANSFER = "@"  # a next element of this form is a transfer to another journey
DRAIN_SHARE = 0.1  # of the world's days: how long people go on in a journey that takes no more entries
INPUTS = {
    "order_no": ("order_number", "always"),
    "zip_code": ("postal_code", "masked"),
    "pin_code": ("pin", "never"),
}


@dataclass(frozen=True)
class Element:
    """One element of a journey."""

    id: str
    type: str
    next: tuple[str, ...]
    options: tuple[str, ...] = ()  # next elements of a phone menu, key 1 first

    @property
    def channel(self) -> str | None:
        """The channel that the element sends over, if it sends."""
        return "voice" if self.type == "call" else self.type if self.type in CHANNELS else None

    @property
    def name(self) -> str:
        """What people call the element."""
        return self.id.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Goal:
    """The event that a journey is for."""

    event_name: str
    attribution_days: int
    currency: str | None = None
    typical_value: float = 0.0


@dataclass(frozen=True)
class JourneyPlan:
    """A journey as planned: times are shares of the world's days, elements are `id:type>next,next|option|option`."""

    key: str
    name: str
    campaign: str
    layout: str
    goal: Goal | None = None
    weight: float = 1.0  # of the account's entries; 0 = entered by transfer alone
    launch: float = 0.0
    stop: float | None = None
    is_cancelled: bool = False
    second_layout: str | None = None  # version 2, from half-way
    contact_type: str | None = None  # of the files that feed it

    @cached_property
    def versions(self) -> list[dict[str, Element]]:
        """Elements by id, in order, one dictionary a version."""
        return [_parse(layout) for layout in (self.layout, self.second_layout) if layout]


@dataclass(frozen=True)
class Timetable:
    """When the world's journeys start and stop, in epoch milliseconds."""

    start: int
    length: int

    def at(self, share: float) -> int:
        """The instant after that share of the world's days."""
        return self.start + int(self.length * share)

    def version_at(self, plan: JourneyPlan, at: int) -> int:
        """The version that takes entries at that time."""
        return 2 if plan.second_layout and at >= self.at(0.5) else 1

    def status_at(self, plan: JourneyPlan, at: int) -> str:
        """The journey's status at that time."""
        if at < self.at(plan.launch):
            return "scheduled"
        if plan.stop is None or at < self.at(plan.stop):
            return "active"
        if plan.is_cancelled:
            return "cancelled"
        return "finished" if at >= self.at(plan.stop + DRAIN_SHARE) else "finishing"


def _parse(layout: str) -> dict[str, Element]:
    elements: dict[str, Element] = {}
    for text in layout.split():
        head, _, tail = text.partition(">")
        element_id, _, element_type = head.partition(":")
        following, *options = tail.split("|")
        elements[element_id] = Element(
            element_id, element_type, tuple(part for part in following.split(",") if part), tuple(options)
        )
    return elements


_WELCOME = """start:segment>hello  hello:email>rest  rest:pause>fork  fork:split>text,nudge
    text:sms>done  nudge:mobile_push>done  done:exit_point"""

AURORA = (
    JourneyPlan(
        "welcome", "Welcome series", "Onboarding", _WELCOME, Goal("first_order", 30, "EUR", 48.0), weight=3.0,
        second_layout=_WELCOME.replace("nudge:mobile_push>done", "nudge:mobile_push>banner  banner:web_push>done"),
    ),
    JourneyPlan(
        "newsletter", "Weekly newsletter", "Content",
        "file:sftp_import>letter  letter:email>morning  morning:wait_until>ping  ping:web_push>done  done:exit_point",
        weight=2.0, contact_type="email",
    ),
    JourneyPlan(
        "cart", "Abandoned cart", "Revenue",
        """left:event>order  order:wait_for_event>done,remind  remind:email>mark  mark:tag>check
        check:segment_check>@winback,done  done:exit_point""",
        Goal("order_placed", 7, "EUR", 75.0), weight=2.0,
    ),
    JourneyPlan(
        "winback", "Win back", "Revenue", "moved:transfer>offer  offer:viber>wait  wait:pause>card  card:mms>",
        Goal("order_placed", 14, "EUR", 75.0), weight=0.0,
    ),
    JourneyPlan(
        "summer", "Summer sale", "Seasonal", "join:api>teaser  teaser:mms>look  look:in_app>done  done:exit_point",
        weight=1.0, stop=0.6,
    ),
)  # fmt: skip

BOREALIS = (
    JourneyPlan(
        "booking", "Booking follow-up", "Service",
        """booked:api>fetch  fetch:api_call>confirm  confirm:whatsapp>checkin  checkin:wait_for_event>thanks,chase
        thanks:viber>done  chase:sms>done  done:exit_point""",
        Goal("booking_paid", 30, "SEK", 1450.0), weight=3.0,
    ),
    JourneyPlan(
        "survey", "Phone survey", "Research",
        """list:sftp_import>dial  dial:call>intro,sorry  intro:play>rating
        rating:collect>outro|outro|reasons  reasons:play>order_no  order_no:collect>outro  outro:play>sorry
        sorry:sms>done  done:exit_point""",
        Goal("survey_completed", 10), contact_type="phone",
    ),
    JourneyPlan(
        "loyalty", "Loyalty club", "Retention",
        """members:segment>country  country:segment_check>line_note,chat  line_note:line>points  chat:messenger>points
        points:update_profile>done  done:exit_point""",
        weight=2.0, stop=0.5, is_cancelled=True,
    ),
    JourneyPlan(
        "recall", "Product recall", "Service", "bought:event>alert  alert:rcs>wait  wait:pause>again  again:sms>",
        weight=1.0, launch=0.15, stop=0.95,
    ),
)  # fmt: skip

_REMINDER = """file:sftp_import>dial  dial:call>greet,follow_up  greet:play>menu
    menu:collect>zip_code|zip_code|pin_code|agent  zip_code:collect>agent  pin_code:collect>agent
    agent:play>follow_up  follow_up:sms>done  done:exit_point"""

CASCADE = (
    JourneyPlan(
        "onboarding", "App onboarding", "Activation",
        """signup:api>hello  hello:email>profile  profile:update_profile>rest  rest:pause>fork
        fork:split>push,tip  push:mobile_push>installed  tip:in_app>installed
        installed:wait_for_event>done,help  help:whatsapp>mark  mark:tag>done  done:exit_point""",
        Goal("plan_started", 30, "USD", 29.0), weight=4.0,
    ),
    JourneyPlan(
        "reminder", "Appointment reminder", "Care", _REMINDER, Goal("appointment_kept", 20, "USD", 120.0),
        weight=1.5, contact_type="both",
        second_layout=_REMINDER.replace("zip_code:collect>agent", "zip_code:collect>pin_code"),
    ),
    JourneyPlan(
        "upsell", "Upgrade offer", "Revenue",
        """heavy:segment>score  score:api_call>offer  offer:email>morning  morning:wait_until>chat
        chat:messenger>@rescue,done  done:exit_point""",
        Goal("plan_upgraded", 45, "USD", 59.0), weight=2.0,
    ),
    JourneyPlan(
        "rescue", "Rescue", "Revenue", "moved:transfer>text  text:rcs>banner  banner:web_push>done  done:exit_point",
        weight=0.0,
    ),
    JourneyPlan(
        "festival", "Festival tickets", "Seasonal",
        "seen:event>ticket  ticket:line>gate  gate:wait_until>map  map:viber>done  done:exit_point",
        Goal("ticket_bought", 15, "CAD", 89.0), weight=1.0, stop=0.4, is_cancelled=True,
    ),
)  # fmt: skip


def entry_source(elements: dict[str, Element]) -> str:
    """How people come into a journey: its entry point's type."""
    return next(element.type for element in elements.values() if element.type in ENTRY_SOURCES)
