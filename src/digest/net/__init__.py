"""The one guarded way to the network: http(s), bounded in time and size, public hosts only."""

from digest.net.abreast import Abreast
from digest.net.fetch import Fetched, Fetcher
from digest.net.visits import History, Visit
from digest.net.web import Web

__all__ = ["Abreast", "Fetched", "Fetcher", "History", "Visit", "Web"]
