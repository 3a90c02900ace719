"""What must hold: the two gates, on what arrives and on what is published."""
