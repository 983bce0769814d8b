"""The campaign figures by pandas, from Parquet: `by_pandas parquet FOLDER OUTPUT` prints its seconds."""

import sys
import time
from pathlib import Path

import pandas as pd

JOURNEY = ["account_id", "journey_id"]
MESSAGE = ["account_id", "message_id"]
PERSON = [*JOURNEY, "person_id"]
CHANNEL = [*JOURNEY, "channel"]
COLUMNS = [
    *PERSON, "event_id", "event_type", "occurred_at", "message_id", "channel", "exit_type", "price", "currency",
    "is_machine", "event_name", "value", "is_test",
]  # fmt: skip


def main() -> None:
    folder, output = Path(sys.argv[2]), Path(sys.argv[3])
    begun = time.perf_counter()
    events = pd.read_parquet(folder / "parquet", columns=COLUMNS)
    events = events[~events["is_test"]]
    of = dict(list(events.groupby("event_type")))
    goals = attribute(of, pd.read_parquet(folder / "journeys.parquet"))
    sent = (
        of["message_sent"].dropna(subset="journey_id").sort_values("occurred_at").drop_duplicates(MESSAGE)
        [[*MESSAGE, "journey_id", "person_id", "channel", "price", "currency"]]
    )  # fmt: skip
    acts = pd.concat([of["message_opened"], of["message_clicked"]])
    acts = acts[~acts["is_machine"].astype(bool)][[*MESSAGE, "event_type", "occurred_at"]].merge(sent, on=MESSAGE)
    figures = {
        "campaigns": count_campaigns(of, sent, acts, goals),
        "goals": goals.groupby([*JOURNEY, "currency"]).agg(
            goal_events=("event_id", "size"), goal_performers=("person_id", "nunique"), goal_value=("value", "sum")
        ),
        "channels": count_channels(of, sent, acts),
        "costs": sum_costs(of["message_priced"], sent),
    }
    seconds = time.perf_counter() - begun
    for name, rows in figures.items():
        rows.reset_index().to_parquet(output / f"{name}.parquet")
    sys.stdout.write(f"{seconds}\n")


def attribute(of: dict[str, pd.DataFrame], journeys: pd.DataFrame) -> pd.DataFrame:
    """A row for each goal event and journey that it counts for."""
    wanted = journeys.dropna(subset="goal_event_name")[[*JOURNEY, "goal_event_name", "goal_attribution_days"]]
    done = of["goal_performed"][
        ["account_id", "person_id", "event_id", "event_name", "occurred_at", "currency", "value"]
    ]
    entries = of["journey_entered"][PERSON].assign(entered_at=of["journey_entered"]["occurred_at"])
    goals = done.merge(wanted, left_on=["account_id", "event_name"], right_on=["account_id", "goal_event_name"]).merge(
        entries, on=PERSON
    )
    since = goals["occurred_at"] - goals["entered_at"]
    window = pd.to_timedelta(goals["goal_attribution_days"].astype("int64"), unit="D")
    earned = goals[(since >= pd.Timedelta(0)) & (since <= window)].drop_duplicates([*JOURNEY, "event_id"])
    return earned.assign(value=pd.to_numeric(earned["value"]))


def count_campaigns(
    of: dict[str, pd.DataFrame], sent: pd.DataFrame, acts: pd.DataFrame, goals: pd.DataFrame
) -> pd.DataFrame:
    entries, exits = of["journey_entered"], of["journey_exited"]
    exits = exits[exits["exit_type"] == "exit_point"]
    people = entries.groupby(PERSON)["occurred_at"].agg(entered_at="min", entries="size").reset_index()
    last_exits = exits.groupby(PERSON)["occurred_at"].max().rename("exited_at").reset_index()
    cohort = people.merge(last_exits, on=PERSON, how="left")
    cohort["is_complete"] = cohort["exited_at"] >= cohort["entered_at"]
    active = acts.merge(people, on=PERSON)
    active = active[active["occurred_at"] >= active["entered_at"]]
    return cohort.groupby(JOURNEY).agg(
        profiles_in_journey=("person_id", "size"), entries=("entries", "sum"), completion_rate=("is_complete", "mean")
    ).join(
        [
            last_exits.groupby(JOURNEY).size().rename("profiles_exited"),
            active.groupby(JOURNEY)["person_id"].nunique().rename("active_profiles"),
            goals.groupby(JOURNEY).agg(goal_performers=("person_id", "nunique"), goal_events=("event_id", "size")),
            sent.groupby(JOURNEY).size().rename("messages_sent"),
        ]
    )  # fmt: skip


def count_channels(of: dict[str, pd.DataFrame], sent: pd.DataFrame, acts: pd.DataFrame) -> pd.DataFrame:
    ends = pd.concat([of[f"message_{fate}"] for fate in ("delivered", "failed", "bounced")])
    fates = ends.sort_values("occurred_at").drop_duplicates(MESSAGE, keep="last")[[*MESSAGE, "event_type"]]
    become = sent.merge(fates, on=MESSAGE, how="left")
    become["delivered"] = become["event_type"] == "message_delivered"
    become["pending"] = become["event_type"].isna()
    figures = [
        become.groupby(CHANNEL).agg(
            messages_sent=("message_id", "size"), delivered=("delivered", "sum"), pending=("pending", "sum")
        )
    ]
    for name in ("opened", "clicked"):
        of_kind = acts[acts["event_type"] == f"message_{name}"].groupby(CHANNEL)
        figures.append(
            of_kind.agg(
                **{
                    name: ("message_id", "size"),
                    f"{name}_messages": ("message_id", "nunique"),
                    f"{name}_people": ("person_id", "nunique"),
                }
            )
        )
    return figures[0].join(figures[1:])


def sum_costs(priced: pd.DataFrame, sent: pd.DataFrame) -> pd.DataFrame:
    latest = priced.sort_values("occurred_at").drop_duplicates(MESSAGE, keep="last")[[*MESSAGE, "price", "currency"]]
    costs = sent.merge(latest, on=MESSAGE, how="left", suffixes=("", "_new"))
    costs["price"] = costs["price_new"].fillna(costs["price"])
    costs["currency"] = costs["currency_new"].fillna(costs["currency"])
    return costs.dropna(subset="price").groupby([*CHANNEL, "currency"]).agg(
        priced_messages=("message_id", "size"), cost=("price", "sum")
    )  # fmt: skip


if __name__ == "__main__":
    main()
