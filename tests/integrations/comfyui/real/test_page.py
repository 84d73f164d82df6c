"""The real page of ComfyUI: example workflows load as they were saved, and results stand on nodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from canvas_files import as_workflow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPOSITORY = Path(__file__).parents[4]
CANVASES = sorted((REPOSITORY / "example_workflows").glob("*.json"))

pytestmark = pytest.mark.slow

READY = "() => window.app?.graph && !!window.LiteGraph?.registered_node_types['Mezzotint.run_graph']"
WORKFLOW = "async () => JSON.stringify((await app.graphToPrompt()).output)"


@pytest.fixture(scope="module")
def comfyui(start_comfyui: Callable[..., Any]) -> Any:
    return start_comfyui(lambda base: (base / "custom_nodes" / "mezzotint").symlink_to(REPOSITORY))


@pytest.fixture
def page(comfyui: Any, browser: Browser) -> Iterator[Page]:
    """The page, once nodes are there. Nothing may go wrong in it that names the pack's scripts."""
    opened = browser.new_page(viewport={"width": 1800, "height": 1000})
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(f"{error}\n{error.stack}"))
    opened.goto(comfyui.address)
    opened.wait_for_function(READY, timeout=120_000)
    yield opened
    opened.close()
    assert not [text for text in wrong if "results.js" in text]


@pytest.mark.parametrize("path", CANVASES, ids=lambda path: path.stem)
def test_an_example_is_queued_as_its_file_says(path: Path, page: Page, comfyui: Any, pack: Any) -> None:
    canvas = json.loads(path.read_text())
    page.evaluate("canvas => app.loadGraphData(canvas)", canvas)
    queued = json.loads(page.evaluate(WORKFLOW))
    stock = {"PreviewImage", "SaveImage", "ImageScaleBy"}
    own = {
        "nodes": [node for node in canvas["nodes"] if node["type"] not in stock],
        "links": canvas["links"],
    }
    expected = as_workflow(own, pack.NODE_CLASS_MAPPINGS)
    for id, node in expected.items():
        assert queued[id]["class_type"] == node["class_type"]
        assert queued[id]["inputs"] == node["inputs"]
    assert not page.locator("text=Invalid workflow").count()


def test_results_stand_on_the_node_and_are_not_saved_with_the_canvas(page: Page) -> None:
    page.evaluate(
        """async () => {
            await app.loadGraphData({version: 0.4, nodes: [], links: [], groups: [], config: {}, extra: {}});
            const node = LiteGraph.createNode("Mezzotint.graph.txt2img");
            app.graph.add(node);
            node.widgets.find((widget) => widget.name === "prompt").value = "a <b>red</b> circle\\ntwo stars";
            node.widgets.find((widget) => widget.name === "steps").value = 2;
            window.saved = JSON.stringify(node.serialize().widgets_values.length);
            await app.queuePrompt(0, 1);
        }"""
    )
    shown = page.locator(".mezzotint-results")
    shown.locator("td").first.wait_for(timeout=200_000)
    assert "mean_clip_score: " in shown.locator("p").first.inner_text()
    assert shown.locator("th").all_inner_texts() == ["prompt", "clip_score"]
    assert shown.locator("td").first.inner_text() == "a <b>red</b> circle"
    assert shown.locator("b").count() == 0
    count = "() => JSON.stringify(app.graph.nodes[0].serialize().widgets_values.length) === window.saved"
    assert page.evaluate(count)


def test_what_goes_wrong_is_shown_in_words(page: Page) -> None:
    page.evaluate(
        """async () => {
            await app.loadGraphData({version: 0.4, nodes: [], links: [], groups: [], config: {}, extra: {}});
            const node = LiteGraph.createNode("Mezzotint.run_graph");
            app.graph.add(node);
            node.widgets.find((widget) => widget.name === "graph").value = "txt2img";
            node.widgets.find((widget) => widget.name === "inputs").value = "steps: nine";
            await app.queuePrompt(0, 1);
        }"""
    )
    said = page.get_by_text("sample.steps is 'nine'; expected a whole number from 1 to 1000").first
    said.wait_for(timeout=200_000)
