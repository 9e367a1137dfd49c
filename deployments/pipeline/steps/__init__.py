"""One verb per file. A step runs on one server, in a thread, and touches only its StepContext."""
