"""Messages of the sample world: sent, priced, delivered or not, and what people and machines do with them."""

from dataclasses import dataclass
from random import Random

from journeys_pipeline.demo.event_files import EventFiles

SECOND = 1000
HOUR = 3_600 * SECOND

_PRICES = {"sms": 0.045, "mms": 0.12, "viber": 0.031, "whatsapp": 0.052, "rcs": 0.04, "messenger": 0.012, "line": 0.01,
           "email": 0.0004}  # fmt: skip
_FIXED_CURRENCIES = {"whatsapp": "USD"}  # the same for every customer
_CHAT = (("seen", 0.7, 6), ("clicked", 0.18, 2), ("replied", 0.06, 3))
_PUSH = (("seen", 0.6, 3), ("opened", 0.25, 2), ("clicked", 0.08, 1))
_TEXT = (("clicked", 0.1, 8), ("replied", 0.03, 8))
_REACTIONS = {  # event, probability, longest delay in hours
    "email": (("opened", 0.45, 20), ("clicked", 0.15, 4), ("unsubscribed", 0.006, 1), ("complained", 0.003, 1)),
    "sms": _TEXT,
    "mms": _TEXT,
    "viber": _CHAT,
    "whatsapp": _CHAT,
    "rcs": _CHAT,
    "messenger": _CHAT,
    "line": _CHAT,
    "mobile_push": _PUSH,
    "web_push": _PUSH,
    "in_app": _PUSH,
}
_ACTIONS = {"seen", "opened", "clicked"}
_DELIVERED_BELOW = 0.955
_PRICED_AT_ONCE_BELOW = 0.7
_CORRECTED_BELOW = 0.02
_MACHINE_BELOW = 0.15


@dataclass(frozen=True)
class Messenger:
    """Sends an account's messages."""

    files: EventFiles
    random: Random
    account_id: str
    currency: str

    def send(self, context: str, channel: str, at: int) -> bool:
        """Write a message's life; whether the person acted on it (machines do not count)."""
        draw = self.random.random
        message = (
            f'{context},"message_id":"{self.account_id}-m{self.random.getrandbits(48):012x}","channel":"{channel}"'
        )
        self._send(message, channel, at)
        at += int(draw() * 40 * SECOND) + SECOND
        if draw() < _DELIVERED_BELOW:
            self.files.emit("message_delivered", at, message)
            return self._react(message, channel, at)
        if channel == "email":
            is_permanent = "true" if draw() < 0.4 else "false"  # noqa: PLR2004 # two hard bounces in five
            self.files.emit("message_bounced", at, f'{message},"error_code":"550","permanent":{is_permanent}')
        else:
            self.files.emit("message_failed", at, f'{message},"error_code":"unreachable"')
        return False

    def _send(self, message: str, channel: str, at: int) -> None:
        draw = self.random.random
        segments = 1 + int(draw() * draw() * 4) if channel == "sms" else 1
        sent = f'{message},"segments":{segments}' if channel == "sms" else message
        price = _PRICES.get(channel)
        if price is None:
            self.files.emit("message_sent", at, sent)
            return
        currency = _FIXED_CURRENCIES.get(channel, self.currency)
        cost = f'"price":{price * segments:.6f},"currency":"{currency}"'
        chance = draw()
        if chance < _PRICED_AT_ONCE_BELOW:
            self.files.emit("message_sent", at, f"{sent},{cost}")
        else:
            self.files.emit("message_sent", at, sent)
            self.files.emit("message_priced", at + int(draw() * 20 * HOUR) + HOUR, f"{message},{cost}")
        if chance < _CORRECTED_BELOW:
            corrected = f'"price":{price * segments * 1.1:.6f},"currency":"{currency}"'
            self.files.emit("message_priced", at + int(draw() * 20 * HOUR) + HOUR, f"{message},{corrected}")

    def _react(self, message: str, channel: str, at: int) -> bool:
        draw = self.random.random
        has_acted = False
        for event, probability, delay_hours in _REACTIONS[channel]:
            chance = draw() / probability
            if chance >= 1:
                continue
            fields = f'{message},"url":"https://shop.example.com/offer"' if event == "clicked" else message
            if chance < _MACHINE_BELOW and event in ("opened", "clicked"):
                self.files.emit(f"message_{event}", at + 5 * SECOND, f'{fields},"is_machine":true')
                continue
            at += int(draw() * delay_hours * HOUR) + SECOND
            self.files.emit(f"message_{event}", at, fields)
            has_acted = has_acted or event in _ACTIONS
        return has_acted
