"""What the store knows of texts: articles, when they were seen and fetched, choices, editions."""
