"""The groups that `digest --help` shows its commands in."""

WEEKLY = "The weekly number"
PEOPLE = "Readers and sponsors"
OPERATION = "Operation"
