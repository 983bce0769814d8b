"""A person's passage through a journey of the sample world, element by element, as events."""

from dataclasses import dataclass, field
from random import Random

from journeys_pipeline.demo.accounts import SampleAccount
from journeys_pipeline.demo.calls import Call, CallCentre
from journeys_pipeline.demo.event_files import DAY_MS, EventFiles
from journeys_pipeline.demo.journeys import TRANSFER, Element, JourneyPlan, Timetable, entry_source
from journeys_pipeline.demo.messages import HOUR, SECOND, Messenger
from journeys_pipeline.demo.people import person_id

_EARLY_EXITS = ["goal_reached", "exit_condition", "removed", "error"]
_BRANCHES = {"split": ("A", "B"), "segment_check": ("yes", "no")}
_IN_CALL = {"play", "collect"}
_EARLY_EXIT_BELOW = 0.008
_TEST_BELOW = 0.005
_CAPPED_BELOW = 0.01
_SKIPPED_BELOW = 0.015
_ERROR_BELOW = 0.03
_TIMED_OUT_BELOW = 0.45
_RETURNS_BELOW = 0.04
_GOAL_BELOW = 0.05
_GOAL_AFTER_ACTION_BELOW = 0.3
_GOAL_AGAIN_BELOW = 0.2
_GOAL_WITHOUT_JOURNEY_BELOW = 0.4


@dataclass
class Passage:
    """Where a person is in a journey; `now` is in epoch milliseconds."""

    plan: JourneyPlan
    elements: dict[str, Element]
    context: str  # JSON members that every event of the passage has
    outside: str  # those of an event of the person outside any journey
    person: int
    now: int
    has_acted: bool = False
    call: Call | None = field(default=None)


class Walker:
    """Leads an account's people through its journeys."""

    def __init__(self, files: EventFiles, random: Random, *, account: SampleAccount, clock: Timetable) -> None:
        self._emit = files.emit
        self._rng = random
        self._random = random.random
        self._account = account.id
        self._messenger = Messenger(files, random, account.id, account.kind.currency)
        self._calls = CallCentre(files, random, account.id, account.kind.currency)
        self._plans = {plan.key: plan for plan in account.kind.journeys}
        self._sub_accounts = {plan.key: account.sub_account_of(plan) for plan in account.kind.journeys}
        self._clock = clock
        self._entries = 0

    def walk(self, plan: JourneyPlan, person: int, at: int) -> None:
        """A person's passage through a journey from `at` on, with what follows: goals, a transfer, a re-entry."""
        passage = self._enter(plan, person, at)
        element: Element | None = next(iter(passage.elements.values()))
        while element is not None:
            element = self._advance(passage, element)
        if plan.goal is not None:
            self._pursue_goal(passage)
        if self._random() < _RETURNS_BELOW:
            again = passage.now + HOUR + int(self._random() * 3 * DAY_MS)
            if plan.weight and self._clock.status_at(plan, again) == "active":
                self.walk(plan, person, again)

    def broadcast(self, person: int, at: int) -> None:
        """A message from outside any journey; makes no MEP (F62)."""
        channel = "email" if person % 2 else "sms"
        self._messenger.send(self._outside(next(iter(self._sub_accounts.values())), person), channel, at)

    def _outside(self, sub_account_id: str, person: int) -> str:
        return f'"account_id":"{self._account}","sub_account_id":"{sub_account_id}","person_id":"{person_id(person)}"'

    def _enter(self, plan: JourneyPlan, person: int, at: int) -> Passage:
        version = self._clock.version_at(plan, at)
        elements = plan.versions[version - 1]
        self._entries += 1
        outside = self._outside(self._sub_accounts[plan.key], person)
        context = (
            f'{outside},"journey_id":"{self._account}-{plan.key}","journey_version":{version},'
            f'"entry_id":"{self._account}-e{self._entries:08x}"'
        )
        if self._random() < _TEST_BELOW:
            outside += ',"is_test":true'
            context += ',"is_test":true'
        first = next(iter(elements))
        self._emit("journey_entered", at, f'{context},"element_id":"{first}","entry_source":"{entry_source(elements)}"')
        return Passage(plan, elements, context, outside, person, at)

    def _advance(self, passage: Passage, element: Element) -> Element | None:
        """Go through one element; the next, or None once the person has left the journey."""
        here = f'{passage.context},"element_id":"{element.id}"'
        if passage.plan.is_cancelled and self._clock.status_at(passage.plan, passage.now) == "cancelled":
            self._emit(
                "journey_exited", passage.now, f'{here},"exit_type":"cancelled","reason":"Journey was cancelled"'
            )
            return None
        self._emit("element_entered", passage.now, here)
        if element.type == "exit_point":
            self._emit("journey_exited", passage.now, f'{here},"exit_type":"exit_point"')
            return None
        if passage.call is None and self._random() < _EARLY_EXIT_BELOW:
            return self._leave_early(passage, here)
        following = self._pass_through(passage, element, here)
        if following.startswith(TRANSFER):
            self._emit("journey_exited", passage.now, f'{here},"exit_type":"transferred"')
            self.walk(self._plans[following[1:]], passage.person, passage.now + SECOND)
            return None
        if not following:
            self._emit("journey_exited", passage.now, f'{here},"exit_type":"end_of_path"')
            return None
        return passage.elements[following]

    def _leave_early(self, passage: Passage, here: str) -> None:
        exit_type = _EARLY_EXITS[self._rng.getrandbits(2)]
        if exit_type == "goal_reached" and passage.plan.goal is None:
            exit_type = "exit_condition"
        if exit_type == "goal_reached":
            self._perform_goal(passage, passage.now)
        self._emit("journey_exited", passage.now + SECOND, f'{here},"exit_type":"{exit_type}"')

    def _pass_through(self, passage: Passage, element: Element, here: str) -> str:
        """Do what the element does; the id of the next element, empty at the end of the path."""
        if element.type == "call":
            return self._start_call(passage, element, here)
        if element.type in _IN_CALL:
            return self._go_on_with_call(passage, element, here)
        following = element.next[-1] if element.next else ""
        outcome, extra = "ok", ""
        chance = self._random()
        if element.channel:
            outcome = "capped" if chance < _CAPPED_BELOW else "skipped" if chance < _SKIPPED_BELOW else "ok"
            if outcome == "ok":
                passage.has_acted |= self._messenger.send(here, element.channel, passage.now)
            passage.now += SECOND
        elif element.type in _BRANCHES:
            way = chance > 0.5 if element.type == "split" else chance > _TIMED_OUT_BELOW  # noqa: PLR2004 # half and half
            following = element.next[way]
            extra = f',"branch":"{_BRANCHES[element.type][way]}"'
        elif element.type in ("pause", "wait_until", "wait_for_event"):
            outcome, following = self._wait(passage, element, chance)
        elif element.type in ("api_call", "update_profile", "tag"):
            passage.now += int(chance * 3 * SECOND)
            if chance < _ERROR_BELOW:
                outcome, extra = "error", ',"error_code":"http_503"'
        if following and not following.startswith(TRANSFER):
            extra += f',"next_element_id":"{following}"'
        self._emit("element_completed", passage.now, f'{here},"outcome":"{outcome}"{extra}')
        return following

    def _wait(self, passage: Passage, element: Element, chance: float) -> tuple[str, str]:
        """The outcome of a wait, and the next element; the passage's time moves on."""
        if element.type == "wait_for_event":
            is_late = chance < _TIMED_OUT_BELOW
            passage.now += DAY_MS if is_late else int(chance * 20 * HOUR)
            return ("timed_out", element.next[-1]) if is_late else ("ok", element.next[0])
        if element.type == "wait_until":  # nine in the morning
            passage.now += DAY_MS - (passage.now - 9 * HOUR) % DAY_MS
        else:
            passage.now += 4 * HOUR + int(chance * 40 * HOUR)
        return "ok", element.next[-1]

    def _start_call(self, passage: Passage, element: Element, here: str) -> str:
        call = self._calls.dial(here, at=passage.now)
        passage.now = call.ended_at if call.answered_at is None else call.answered_at
        is_answered = call.answered_at is not None
        passage.call = call if is_answered else None
        call.after = element.next[-1]
        following = element.next[0] if is_answered else call.after
        outcome = "ok" if is_answered else "timed_out"
        self._emit("element_completed", passage.now, f'{here},"outcome":"{outcome}","next_element_id":"{following}"')
        return following

    def _go_on_with_call(self, passage: Passage, element: Element, here: str) -> str:
        call = passage.call
        if call is None:
            raise ValueError(f"Element {element.id} of journey {passage.plan.key} is not within a call.")
        following, passage.now = self._calls.go_on(call, element, here, at=passage.now)
        if following is None:  # hung up
            passage.call = None
            return call.after
        if passage.elements[following].type not in _IN_CALL:
            self._calls.end(call, here, outcome="completed", at=passage.now)
            passage.call = None
        return following

    def _pursue_goal(self, passage: Passage) -> None:
        if self._random() >= (_GOAL_AFTER_ACTION_BELOW if passage.has_acted else _GOAL_BELOW):
            return
        at = passage.now + int(self._random() * 3 * DAY_MS)
        self._perform_goal(passage, at)
        if self._random() < _GOAL_AGAIN_BELOW:
            self._perform_goal(passage, at + int(self._random() * DAY_MS) + SECOND)

    def _perform_goal(self, passage: Passage, at: int) -> None:
        goal = passage.plan.goal
        if goal is None:
            return
        fields = passage.outside if self._random() < _GOAL_WITHOUT_JOURNEY_BELOW else passage.context
        fields += f',"event_name":"{goal.event_name}"'
        if goal.currency:
            value = goal.typical_value * (0.4 + 1.6 * self._random())
            fields += f',"value":{value:.2f},"currency":"{goal.currency}"'
        self._emit("goal_performed", at, fields)
