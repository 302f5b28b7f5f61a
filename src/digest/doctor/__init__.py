"""`digest doctor`: what is configured, what is reachable, what is missing. Shows no secret."""

from digest.doctor.examined import Examined, State
from digest.doctor.examining import examine

__all__ = ["Examined", "State", "examine"]
