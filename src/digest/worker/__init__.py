"""An edition's deliveries shared out among machines, and the weekly schedule."""
