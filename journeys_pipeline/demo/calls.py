"""Calls of the sample world: dialled, answered or not, through menus and inputs, to an end."""

from dataclasses import dataclass
from random import Random

from journeys_pipeline.demo.event_files import EventFiles
from journeys_pipeline.demo.journeys import INPUTS, Element

_SECOND = 1000
_UNANSWERED = (("no_answer", 0.12, 30), ("busy", 0.17, 4), ("failed", 0.19, 1))  # up to this chance; seconds
_MACHINE_BELOW = 0.08
_HANGS_UP_BELOW = 0.07
_NO_INPUT_BELOW = 0.06
_INVALID_BELOW = 0.12
_PRICE_PER_SECOND = 0.0004


@dataclass
class Call:
    """One call; times in epoch milliseconds."""

    id: str
    started_at: int
    answered_at: int | None = None
    is_machine: bool = False
    ended_at: int = 0
    after: str = ""  # the element at which the journey goes on after the call

    @property
    def fields(self) -> str:
        """JSON members of an event within the call."""
        return f'"call_id":"{self.id}"'


@dataclass(frozen=True)
class CallCentre:
    """Makes an account's calls."""

    files: EventFiles
    random: Random
    account_id: str
    currency: str

    def dial(self, here: str, *, at: int) -> Call:
        """A call, answered or already ended."""
        call = Call(f"{self.account_id}-c{self.random.getrandbits(48):012x}", at)
        chance = self.random.random()
        for outcome, below, seconds in _UNANSWERED:
            if chance < below:
                self.end(call, here, outcome=outcome, at=at + seconds * _SECOND)
                return call
        call.answered_at = at + 2 * _SECOND + int(chance * 15 * _SECOND)
        call.is_machine = self.random.random() < _MACHINE_BELOW
        return call

    def go_on(self, call: Call, element: Element, here: str, *, at: int) -> tuple[str | None, int]:
        """Play or collect: the next element (None: hung up), and the time then."""
        draw = self.random.random
        if element.options:
            self.files.emit("menu_shown", at, f"{here},{call.fields}")
        at += 3 * _SECOND + int(draw() * 12 * _SECOND)
        if call.is_machine or draw() < _HANGS_UP_BELOW:
            self.end(call, here, outcome="hung_up", at=at)
            return None, at
        following, outcome = element.next[0], "ok"
        if element.options:
            following, outcome = self._choose(call, element, here, at)
        elif element.type == "collect":
            outcome = self._collect(call, element, here, at)
        self.files.emit(
            "element_completed", at, f'{here},"outcome":"{outcome}","next_element_id":"{following}",{call.fields}'
        )
        return following, at

    def end(self, call: Call, here: str, *, outcome: str, at: int) -> None:
        """The call's record; `here` names the last element reached."""
        call.ended_at = at
        fields = f'{here},{call.fields},"direction":"outbound","started_at":{call.started_at},"outcome":"{outcome}"'
        if call.answered_at is not None:
            seconds = (at - call.answered_at) / _SECOND
            answered_by = "machine" if call.is_machine else "human"
            fields += (
                f',"answered_at":{call.answered_at},"answered_by":"{answered_by}","duration_s":{seconds:.1f}'
                f',"price":{seconds * _PRICE_PER_SECOND:.6f},"currency":"{self.currency}"'
            )
        self.files.emit("call_ended", at, fields)

    def _choose(self, call: Call, element: Element, here: str, at: int) -> tuple[str, str]:
        chance = self.random.random()
        if chance < _NO_INPUT_BELOW:
            return element.next[0], "timed_out"
        key = int(chance * chance * len(element.options))
        following = element.options[key]
        pressed = f'{here},{call.fields},"key":"{key + 1}","next_element_id":"{following}"'
        self.files.emit("option_pressed", at, pressed)
        return following, "ok"

    def _collect(self, call: Call, element: Element, here: str, at: int) -> str:
        variable, masking = INPUTS[element.id]
        chance = self.random.random()
        outcome = "no_input" if chance < _NO_INPUT_BELOW else "invalid" if chance < _INVALID_BELOW else "ok"
        value = "" if outcome == "no_input" else f',"value":"{self.random.getrandbits(20):07d}"'
        self.files.emit(
            "input_collected",
            at,
            f'{here},{call.fields},"variable":"{variable}","masking":"{masking}","outcome":"{outcome}"{value}',
        )
        return "timed_out" if outcome == "no_input" else "ok"
