"""The words of the house as frozen dataclasses: invariants, no input or output, no clock."""
