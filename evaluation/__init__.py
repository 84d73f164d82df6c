"""Extractors and metrics."""
