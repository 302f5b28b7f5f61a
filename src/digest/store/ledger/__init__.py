"""The ledger's rows: dispatches, deliveries, runs and events, read and written. No decisions."""
