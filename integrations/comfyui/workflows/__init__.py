"""Workflows of ComfyUI as graphs, and graphs as workflows.

In reading order: :mod:`.reading` (a file as a :mod:`.workflow`), :mod:`.to_graph` with what each node becomes
(:mod:`.from_stock`, :mod:`.our_nodes`), and back.
"""
