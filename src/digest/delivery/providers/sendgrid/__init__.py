"""SendGrid's v3 interface: `payload` makes requests, `calling` sends one, `provider` shares
recipients out among them."""
