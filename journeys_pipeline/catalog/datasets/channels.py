"""Datasets about messages, and what messages and calls cost."""

from journeys_pipeline.catalog.datasets.words import CHANNEL, COST, CURRENCY, DAY, JOURNEY, Dataset, count, share, text

CHANNEL_DATASETS: dict[str, Dataset] = {
    "channel_days": Dataset(
        "Messages per day and channel",
        {"day": DAY, **CHANNEL, "messages_sent": count("Messages sent"), "delivered": count("Delivered")},
    ),
    "delivery_funnel": Dataset(
        "How far messages came", {"step": text("Step"), "messages": count("Messages"), "share": share("Of all sent")}
    ),
    "channel_costs": Dataset(
        "Cost per channel and currency; calls are the channel voice",
        {**CHANNEL, **CURRENCY, **COST, "priced": count("Messages with a price")},
    ),
    "channels": Dataset(
        "Messages per channel: what became of them, what people did, what they cost",
        {
            **CHANNEL,
            "messages_sent": count("Sent"),
            "delivered": count("Delivered"),
            "delivery_rate": share("Delivery rate"),
            "looked_at": count("Seen or opened"),
            "look_rate": share("Seen rate"),
            "clicked": count("Clicked"),
            "click_rate": share("Click rate"),
            **COST,
            **CURRENCY,
        },
    ),
    "channel_journeys": Dataset(
        "Messages per journey and channel",
        {
            **JOURNEY,
            **CHANNEL,
            "messages_sent": count("Sent"),
            "delivered": count("Delivered"),
            "looked_at": count("Seen or opened"),
            "clicked": count("Clicked"),
        },
    ),
    "journey_costs": Dataset(
        "Cost per journey, channel and currency", {**JOURNEY, **CHANNEL, **CURRENCY, **COST, "priced": count("Priced")}
    ),
}
