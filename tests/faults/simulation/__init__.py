"""The production engine, unchanged, against servers of memory and in simulated time.

`loop` keeps the time, `world` holds everything together, `server`, `php` and `connection` are the
other machines, `database` is SQLite in memory, `faults` says what goes wrong where, `properties`
what must be true at the end. Everything runs in one thread and repeats exactly from its seed.
"""
