"""Templates as authors write them: found (`family`), run (`environment`), copied, and their faults
told with the author's file and line (`faults`, `tracing`, `blaming`)."""
