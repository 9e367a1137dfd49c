"""Making PHP execute the new release, and proving that it does."""
