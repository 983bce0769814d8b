"""What is known of a mail when a server fails at each step: refused, not taken, or in doubt."""

from datetime import UTC, datetime

import pytest

from journeys_pipeline.adapters.mail import Attachment, Letter, MailFailed, MailInDoubt, MailRefused, SmtpSender
from journeys_pipeline_tests.smtp_servers import Trouble, TroubledInbox, answers, hangs_up, serving, stalls

RECIPIENT = "secret.person@acme.example"
MESSAGE = Letter(
    sender="reports@journeys.example",
    recipient=RECIPIENT,
    subject="MEP consumption",
    body="Rows: 1.\n",
    message_id="<0123@journeys-pipeline>",
    date=datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
    attachment=Attachment("mep-consumption.csv", b"Person ID\r\n.\r\np1\r\n", "text/csv"),
).compose()


def failure_at(verb: str, trouble: Trouble) -> tuple[MailFailed, int]:
    """What sending raises, and how many mails the server has taken."""
    inbox = TroubledInbox({verb: trouble})
    with serving(inbox) as port, pytest.raises(MailFailed) as failure:
        SmtpSender("127.0.0.1", port, "none", timeout_s=0.5).send(MESSAGE)
    return failure.value, len(inbox.taken)


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code", [421, 450, 452])
def test_not_now_at_any_step_is_a_failure_that_may_be_tried_again(verb: str, code: int) -> None:
    failure, taken = failure_at(verb, answers(f"{code} not now, {RECIPIENT}"))

    assert (type(failure), taken) == (MailFailed, 0)
    assert str(code) in str(failure)
    assert "secret" not in str(failure)


@pytest.mark.parametrize(
    ("verb", "kind"), [("EHLO", MailFailed), ("MAIL", MailFailed), ("RCPT", MailRefused), ("DATA", MailRefused)]
)
def test_never_is_final_where_it_is_about_the_mail_and_not_about_us(verb: str, kind: type[MailFailed]) -> None:
    failure, taken = failure_at(verb, answers(f"550 never, {RECIPIENT}"))

    assert (type(failure), taken) == (kind, 0)
    assert "secret" not in str(failure)


@pytest.mark.parametrize("verb", ["MAIL", "DATA"])
def test_a_mail_that_is_too_large_for_the_server_is_refused_with_the_setting_to_lower(verb: str) -> None:
    failure, taken = failure_at(verb, answers("552 too large"))

    assert (type(failure), taken) == (MailRefused, 0)
    assert "lower `largest_attachment_mb`" in str(failure)


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT"])
@pytest.mark.parametrize("trouble", [hangs_up, stalls], ids=["hangs up", "stalls"])
def test_a_connection_that_ends_before_the_mail_is_handed_over_may_be_tried_again(verb: str, trouble: Trouble) -> None:
    failure, taken = failure_at(verb, trouble)

    assert (type(failure), taken) == (MailFailed, 0)


@pytest.mark.parametrize(
    "trouble",
    [hangs_up, stalls, answers("99 what?"), answers("250" + "x" * 20_000), answers("354 more")],
    ids=["hangs up", "stalls", "no code", "too long a line", "neither yes nor no"],
)
def test_a_mail_that_was_handed_over_without_a_clear_answer_is_in_doubt(trouble: Trouble) -> None:
    failure, _ = failure_at("DATA", trouble)

    assert type(failure) is MailInDoubt
    assert "may have arrived" in str(failure)
    assert "secret" not in str(failure)
