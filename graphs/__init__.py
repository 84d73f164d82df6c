"""The graph language and the engine."""
