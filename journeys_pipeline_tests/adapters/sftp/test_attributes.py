"""A server's word on an entry, unpacked as paramiko packs it."""

from typing import Any, cast

import paramiko
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys_pipeline.adapters.sftp.attributes import Attributes, unpack

UINT32 = st.integers(0, 2**32 - 1)
EXTENDED = 0x80000000


def packed(attributes: paramiko.SFTPAttributes) -> paramiko.Message:
    message = paramiko.Message()
    cast("Any", attributes)._pack(message)  # noqa: SLF001 - the oracle
    message.add_string("what follows")
    message.rewind()
    return message


@given(
    size=st.none() | st.integers(0, 2**64 - 1),
    owner=st.none() | st.tuples(UINT32, UINT32),
    mode=st.none() | UINT32,
    times=st.none() | st.tuples(UINT32, UINT32),
    extensions=st.dictionaries(st.binary(max_size=9), st.binary(max_size=9), max_size=5),
)
def test_attributes_are_unpacked_as_they_were_packed(
    size: Any, owner: Any, mode: Any, times: Any, extensions: Any
) -> None:
    attributes: Any = paramiko.SFTPAttributes()
    attributes.st_size, attributes.st_mode, attributes.attr = size, mode, extensions
    attributes.st_uid, attributes.st_gid = owner or (None, None)
    attributes.st_atime, attributes.st_mtime = times or (None, None)
    message = packed(attributes)

    assert unpack(message) == Attributes(mode or 0, size, attributes.st_mtime)
    assert message.get_string() == b"what follows"


def test_a_server_that_announces_four_billion_extensions_is_not_waited_for() -> None:
    message = paramiko.Message()
    message.add_int(EXTENDED)
    message.add_int(2**32 - 1)
    message.rewind()

    with pytest.raises(EOFError, match="malformed"):
        unpack(message)
