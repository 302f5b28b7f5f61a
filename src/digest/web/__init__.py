"""What readers and editors see in a browser: the way out of a list, and the preview studio."""
