"""Any SMTP relay, by a client of our own that pipelines across messages (RFC 2920).

`signals`, `replies` and `dialogue` are the protocol without input or output, `connection` puts it
on a transport, `turns` and `batch` share messages out among connections, `record` and `reopening`
decide when to stop and when to try again, `provider` is what the ledger sees.
"""
