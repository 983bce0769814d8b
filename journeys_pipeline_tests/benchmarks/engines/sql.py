"""The campaign figures of F6-F21 in SQL, as somebody writes them who has DuckDB or ClickHouse at hand.

`events` are the events to count, without tests; `journeys` the definitions. Dialects differ in two names only.
"""

SENT = """
CREATE {temporary} TABLE sent AS
SELECT account_id, message_id,
       {arg_min}(journey_id, occurred_at) AS sent_by, {arg_min}(person_id, occurred_at) AS sent_to,
       {arg_min}(channel, occurred_at) AS sent_over, min(occurred_at) AS sent_at,
       {arg_min}(price, occurred_at) AS first_price, {arg_min}(currency, occurred_at) AS first_currency
FROM events
WHERE event_type = 'message_sent' AND journey_id IS NOT NULL
GROUP BY account_id, message_id
"""
ATTRIBUTED = """
CREATE {temporary} TABLE attributed AS
SELECT DISTINCT goal.account_id AS account_id, entry.journey_id AS journey_id, goal.event_id AS event_id,
       goal.person_id AS person_id, goal.currency AS currency, CAST(goal.value AS DECIMAL(18, 6)) AS amount
FROM events AS goal
JOIN journeys AS journey
  ON journey.account_id = goal.account_id AND journey.goal_event_name = goal.event_name
JOIN (SELECT account_id, journey_id, person_id, occurred_at FROM events WHERE event_type = 'journey_entered') AS entry
  ON entry.account_id = goal.account_id AND entry.journey_id = journey.journey_id AND entry.person_id = goal.person_id
WHERE goal.event_type = 'goal_performed'
  AND goal.occurred_at >= entry.occurred_at
  AND goal.occurred_at <= entry.occurred_at + {days_of_attribution}
"""
CAMPAIGNS = """
WITH people AS (
    SELECT account_id, journey_id, person_id, count(*) AS entries, min(occurred_at) AS entered_at
    FROM events WHERE event_type = 'journey_entered'
    GROUP BY account_id, journey_id, person_id
), exits AS (
    SELECT account_id, journey_id, person_id, max(occurred_at) AS exited_at
    FROM events WHERE event_type = 'journey_exited' AND exit_type = 'exit_point'
    GROUP BY account_id, journey_id, person_id
), entered AS (
    SELECT account_id, journey_id, count(*) AS profiles_in_journey, sum(entries) AS entries,
           avg(CASE WHEN exited_at >= entered_at THEN 1.0 ELSE 0.0 END) AS completion_rate
    FROM people LEFT JOIN exits USING (account_id, journey_id, person_id)
    GROUP BY account_id, journey_id
), exited AS (
    SELECT account_id, journey_id, count(*) AS profiles_exited FROM exits GROUP BY account_id, journey_id
), active AS (
    SELECT people.account_id AS account_id, people.journey_id AS journey_id,
           count(DISTINCT people.person_id) AS active_profiles
    FROM events AS act
    JOIN sent ON sent.account_id = act.account_id AND sent.message_id = act.message_id
    JOIN people ON people.account_id = sent.account_id AND people.journey_id = sent.sent_by
               AND people.person_id = sent.sent_to
    WHERE act.event_type IN ('message_seen', 'message_opened', 'message_clicked') AND NOT act.is_machine
      AND act.occurred_at >= people.entered_at
    GROUP BY people.account_id, people.journey_id
), goals AS (
    SELECT account_id, journey_id, count(DISTINCT person_id) AS goal_performers, count(*) AS goal_events
    FROM attributed GROUP BY account_id, journey_id
), messages AS (
    SELECT account_id, sent_by AS journey_id, count(*) AS messages_sent FROM sent GROUP BY account_id, sent_by
)
SELECT account_id, journey_id, profiles_in_journey, entries, profiles_exited, completion_rate, active_profiles,
       goal_performers, goal_events, messages_sent
FROM entered
LEFT JOIN exited USING (account_id, journey_id)
LEFT JOIN active USING (account_id, journey_id)
LEFT JOIN goals USING (account_id, journey_id)
LEFT JOIN messages USING (account_id, journey_id)
"""
GOAL_VALUES = """
SELECT account_id, journey_id, currency, count(*) AS goal_events, count(DISTINCT person_id) AS goal_performers,
       sum(amount) AS goal_value
FROM attributed
GROUP BY account_id, journey_id, currency
"""
CHANNELS = """
WITH fates AS (
    SELECT account_id, message_id, {arg_max}(event_type, occurred_at) AS fate
    FROM events WHERE event_type IN ('message_delivered', 'message_failed', 'message_bounced')
    GROUP BY account_id, message_id
), become AS (
    SELECT account_id, sent_by AS journey_id, sent_over AS channel, count(*) AS messages_sent,
           sum(CASE WHEN fate = 'message_delivered' THEN 1 ELSE 0 END) AS delivered,
           sum(CASE WHEN fate IS NULL THEN 1 ELSE 0 END) AS pending
    FROM sent LEFT JOIN fates USING (account_id, message_id)
    GROUP BY account_id, sent_by, sent_over
), done AS (
    SELECT sent.account_id AS account_id, sent.sent_by AS journey_id, sent.sent_over AS channel,
           sum(CASE WHEN event_type = 'message_opened' THEN 1 ELSE 0 END) AS opened,
           count(DISTINCT CASE WHEN event_type = 'message_opened' THEN act.message_id END) AS opened_messages,
           count(DISTINCT CASE WHEN event_type = 'message_opened' THEN sent.sent_to END) AS opened_people,
           sum(CASE WHEN event_type = 'message_clicked' THEN 1 ELSE 0 END) AS clicked,
           count(DISTINCT CASE WHEN event_type = 'message_clicked' THEN act.message_id END) AS clicked_messages,
           count(DISTINCT CASE WHEN event_type = 'message_clicked' THEN sent.sent_to END) AS clicked_people
    FROM events AS act
    JOIN sent ON sent.account_id = act.account_id AND sent.message_id = act.message_id
    WHERE act.event_type IN ('message_opened', 'message_clicked') AND NOT act.is_machine
    GROUP BY sent.account_id, sent.sent_by, sent.sent_over
)
SELECT account_id, journey_id, channel, messages_sent, delivered, pending, opened, opened_messages, opened_people,
       clicked, clicked_messages, clicked_people
FROM become LEFT JOIN done USING (account_id, journey_id, channel)
"""
COSTS = """
WITH new_prices AS (
    SELECT account_id, message_id, {arg_max}(price, occurred_at) AS new_price,
           {arg_max}(currency, occurred_at) AS new_currency
    FROM events WHERE event_type = 'message_priced'
    GROUP BY account_id, message_id
)
SELECT account_id, sent_by AS journey_id, sent_over AS channel, coalesce(new_currency, first_currency) AS currency,
       count(*) AS priced_messages, sum(coalesce(new_price, first_price)) AS cost
FROM sent LEFT JOIN new_prices USING (account_id, message_id)
WHERE coalesce(new_price, first_price) IS NOT NULL
GROUP BY account_id, sent_by, sent_over, coalesce(new_currency, first_currency)
"""
TABLES = [SENT, ATTRIBUTED]
FIGURES = {"campaigns": CAMPAIGNS, "goals": GOAL_VALUES, "channels": CHANNELS, "costs": COSTS}
