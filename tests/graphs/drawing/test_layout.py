"""Where the boxes of a diagram stand."""

from __future__ import annotations

from mezzotint.graphs.drawing.diagram import Box, Diagram, Edge
from mezzotint.graphs.drawing.layout import lay_out


def test_boxes_do_not_overlap_and_edges_lead_to_the_right() -> None:
    boxes = {name: Box(name, "node", name) for name in "abcdefgh"}
    pairs = ["ab", "ac", "ad", "be", "ce", "de", "af", "ef", "ag", "fh", "gh"]
    layout = lay_out(Diagram(boxes, [Edge(pair[0], pair[1], "") for pair in pairs]))
    for one in boxes:
        for other in boxes:
            if one < other and layout.column[one] == layout.column[other]:
                assert abs(layout.height[one] - layout.height[other]) >= 60
    assert all(layout.column[pair[0]] < layout.column[pair[1]] for pair in pairs)
