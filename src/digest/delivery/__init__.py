"""The ledger, the messages, and the providers that take them out.

`ledger` is the front door: it freezes a letter with its audience and dispatches it; `message`
builds one reader's bytes; `providers` know how to hand them over and nothing of the ledger.
"""
