"""Any SMTP relay, by a client of our own that pipelines across messages (RFC 2920).

`replies` and `dialogue` are the protocol without input or output, `connection` puts it on a
transport, `batch` shares messages out among connections, `provider` is what the ledger sees.
"""
