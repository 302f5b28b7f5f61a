"""The message of one reader: headers and body, spliced from parts that were encoded once.

`building` makes the bytes, `headers` what stands before them, `envelope` says what surrounds every
letter, `encoding` holds the rules of RFC 2045, 2047 and 5322 they are written by. `signing` signs
them with the key of `signing_key` in the form of `canonical`; `verp` makes the addresses that
failures come back to.
"""
