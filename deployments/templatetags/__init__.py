"""What our copies of Django's list templates need."""
