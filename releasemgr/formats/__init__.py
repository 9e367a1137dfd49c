"""How the admin writes dates: as the task pages do."""
