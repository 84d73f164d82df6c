"""Workflows of ComfyUI as graphs, and graphs as workflows, where they mean the same.

In reading order, there: :mod:`.reading` (a file as a :mod:`.workflow`), :mod:`.to_graph`, :mod:`.sets`
(batches as axes), :mod:`.from_stock` (what ComfyUI's own nodes become) and :mod:`.our_nodes` (what our pack's
become), all of them on a :mod:`.conversion`. And back: :mod:`.to_workflow`, :mod:`.batches`,
:mod:`.stock_equals` and :mod:`.our_classes`, on a :mod:`.writing`. What both ways share: :mod:`.samplers`,
:mod:`.denoising`, :mod:`.prompts`, :mod:`.models_folder`.

Nothing here imports torch or ComfyUI.
"""
