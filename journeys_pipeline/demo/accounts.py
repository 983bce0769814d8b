"""The sample world's accounts: who they are, and which journeys each has."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from journeys_pipeline.demo.journeys import AURORA, BOREALIS, CASCADE, JourneyPlan
from journeys_pipeline.tiers import Tier

_NAMES = ["aurora", "borealis", "cascade", "dunes", "estuary", "fjord", "glacier", "harbour"]


@dataclass(frozen=True, kw_only=True)
class World:
    """What to build: the same world gives the same bytes."""

    last_day: date  # the last UTC day with events
    now: datetime  # nothing occurs later; the time of the last drop
    people: int = 3000  # over all accounts
    days: int = 100
    accounts: int = 3
    seed: int = 7

    @property
    def first_day(self) -> date:
        """The first UTC day with events."""
        return self.last_day - timedelta(days=self.days - 1)


@dataclass(frozen=True)
class _Kind:
    tier: Tier
    share: float  # of the world's people
    allowance_share: float  # of the account's people; what the plan allows in a month
    currency: str  # that its messages and calls are priced in
    sub_accounts: tuple[str, ...]
    journeys: tuple[JourneyPlan, ...]


@dataclass(frozen=True)
class SampleAccount:
    """One customer of the sample world."""

    id: str
    people: int
    kind: _Kind = field(repr=False)

    @property
    def sub_accounts(self) -> list[str]:
        """Ids of the sub-accounts."""
        return [f"{self.id}-{region}" for region in self.kind.sub_accounts]

    def sub_account_of(self, plan: JourneyPlan) -> str:
        """The sub-account that a journey belongs to."""
        return self.sub_accounts[self.kind.journeys.index(plan) % len(self.sub_accounts)]

    @property
    def allowance(self) -> int:
        """MEPs that the account's plan includes each month."""
        return max(10, int(self.people * self.kind.allowance_share))


_KINDS = [
    _Kind(Tier.START, 0.2, 1.5, "EUR", ("nl", "be"), AURORA),
    _Kind(Tier.GROW, 0.3, 1.5, "SEK", ("se", "no", "fi"), BOREALIS),
    _Kind(Tier.SCALE, 0.5, 0.25, "USD", ("us", "ca"), CASCADE),  # too small a plan: shows an overage
]


def sample_accounts(world: World) -> list[SampleAccount]:
    """The world's accounts; more than three repeat the three kinds under other names."""
    kinds = [_KINDS[index % len(_KINDS)] for index in range(world.accounts)]
    total = sum(kind.share for kind in kinds)
    names = [*_NAMES, *(f"account-{number}" for number in range(len(_NAMES) + 1, world.accounts + 1))]
    return [
        SampleAccount(name, max(1, round(world.people * kind.share / total)), kind)
        for name, kind in zip(names, kinds, strict=False)
    ]
