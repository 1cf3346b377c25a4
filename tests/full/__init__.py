"""The full tier: what is proven, how much of it, and each proof seen to fail; ``python -m tests.full``."""
