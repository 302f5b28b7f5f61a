"""Who receives the letter: lists, consent and its evidence, suppression, CSV in and out."""
