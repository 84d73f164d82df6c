"""Graphs as pictures: boxes and edges, where they stand, and how each format writes them."""
