"""Speed of our engines and of others on the same equations: ``python -m benchmarks``."""
