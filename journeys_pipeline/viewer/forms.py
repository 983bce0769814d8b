"""A form as a browser sends it, within limits."""

from urllib.parse import parse_qs

from starlette.requests import Request

from journeys_pipeline.viewer import refusals

LONGEST_FORM = 64 * 1024
MOST_FIELDS = 1000
_KIND = "application/x-www-form-urlencoded"

Form = dict[str, list[str]]


async def read_form(request: Request) -> Form:
    """The values of each field.

    Raises:
        Refusal: it is too long, or not what our forms send.
    """
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != _KIND:
        raise refusals.bad_form("It is not of the kind that our pages send.")
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LONGEST_FORM:
            raise refusals.bad_form("It is too long.")
    try:
        return parse_qs(content.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise refusals.bad_form("Its fields cannot be read.") from None


def only(form: Form, field: str) -> str:
    """The one value of a field, or nothing."""
    values = form.get(field, [])
    return values[0] if len(values) == 1 else ""
