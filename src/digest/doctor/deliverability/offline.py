"""Tells a machine without a network from a server that is not there."""

from __future__ import annotations

import errno
import socket

_NO_WAY = {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EHOSTDOWN}


def is_offline(error: Exception) -> bool:
    """Whether it is this machine that reaches nobody, as far as the error tells."""
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    return isinstance(error, OSError) and error.errno in _NO_WAY
