"""`make demo`: everything on this machine, in one temporary folder, gone when it ends."""
