"""Why a server could not be reached, in words; tells a machine without a network from a server
that is not there.
"""

from __future__ import annotations

import errno
import http.client
import smtplib
import socket
import ssl

from digest.text.masking import mask_addresses

#: What connecting, TLS, SMTP and HTTP raise.
TROUBLE = (OSError, smtplib.SMTPException, http.client.HTTPException, UnicodeError, ValueError)

_MOST = 200

_NO_WAY = {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EHOSTDOWN}

_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}


def is_offline(error: Exception) -> bool:
    """Whether it is this machine that reaches nobody, as far as the error tells."""
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    return isinstance(error, OSError) and error.errno in _NO_WAY


def in_words(error: Exception) -> str:
    """What happened, in a few words without addresses."""
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return mask_addresses(f"{error.smtp_code} {text}")[:_MOST]
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return "it speaks no TLS on this port"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:_MOST]
    return mask_addresses(str(error) or type(error).__name__)[:_MOST]


def is_expired(untrusted: str) -> bool:
    """Whether a certificate is not trusted because its time is over."""
    return "expired" in untrusted
