"""What ``mezzotint score`` does: finds pictures, ties prompts to them, writes the graph, tells the results.

In reading order: :mod:`.pictures`; :mod:`.prompts`, with :mod:`.prompt_table` and :mod:`.names`;
:mod:`.metrics`; :mod:`.graph`; :mod:`.results`.
"""
