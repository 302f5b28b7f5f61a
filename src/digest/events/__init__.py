"""What providers report after they took a letter, and what follows from it.

Webhooks, exported files, a relay's log and bounces that come back by mail are read into one
vocabulary (`digest.model.events`); applying it keeps events, suppresses addresses and settles
deliveries whose outcome was unknown.
"""
