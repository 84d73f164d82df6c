"""The real ComfyUI, headless on the CPU, where COMFYUI_DIR names a checkout of it.

COMFYUI_PYTHON names its interpreter where that isn't the one that runs the tests; it needs ComfyUI's own
requirements and this package's dependencies, and not this package.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[4]
#: Seconds that ComfyUI may take to start, or a workflow to run, on a busy machine.
PATIENCE = 300
FOLDERS = ("custom_nodes", "input", "output", "temp", "user", "models/vae", "models/checkpoints")

Workflow = Mapping[str, Mapping[str, Any]]


@dataclass
class Ran:
    """What ComfyUI tells of a workflow: outputs by node id, and where it failed the error that it shows."""

    outputs: Mapping[str, Mapping[str, list[Any]]]
    error: Mapping[str, Any] | None
    messages: list[str] = field(default_factory=list)

    def text(self, node: str) -> str:
        return "\n".join(self.outputs[node]["text"])


@dataclass
class ComfyUI:
    """A running ComfyUI."""

    address: str
    base: Path
    log: Path
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, content: Mapping[str, Any]) -> Any:
        """The answer; of a workflow that is refused, what ComfyUI finds wrong with it."""
        data = json.dumps(content).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body = answer.read()
                return json.loads(body) if body else None
        except urllib.error.HTTPError as error:
            return json.load(error)

    def queue(self, workflow: Workflow) -> str:
        """Queue a workflow in API format; the id that ComfyUI knows it by."""
        answer = self.post("/prompt", {"prompt": workflow, "client_id": uuid.uuid4().hex})
        assert "prompt_id" in answer, json.dumps(answer, indent=1)
        return str(answer["prompt_id"])

    def refusal(self, workflow: Workflow) -> dict[str, Any]:
        """What ComfyUI finds wrong with a workflow before it runs."""
        answer: dict[str, Any] = self.post("/prompt", {"prompt": workflow})
        assert "error" in answer, answer
        return answer

    def wait(self, prompt_id: str) -> Ran:
        """What became of a queued workflow, once it has ended."""
        found: dict[str, Any] = {}

        def ended() -> bool:
            found.update(self.get(f"/history/{prompt_id}").get(prompt_id, {}))
            return "status" in found

        self.until(ended, "the workflow didn't end")
        messages = found["status"]["messages"]
        error = next((told for kind, told in messages if kind == "execution_error"), None)
        return Ran(found["outputs"], error, [kind for kind, _ in messages])

    def run(self, workflow: Workflow) -> Ran:
        """Run a workflow in API format to its end."""
        return self.wait(self.queue(workflow))

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Wait for something, as long as patience lasts and ComfyUI runs."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if self.process.poll() is not None:
                pytest.fail(f"ComfyUI ended with {self.process.returncode}:\n{self.written()[-4000:]}")
            if time.monotonic() > deadline:
                pytest.fail(f"{otherwise}:\n{self.written()[-4000:]}")
            time.sleep(0.1)

    def interrupt(self, prompt_id: str) -> Ran:
        """Interrupt what runs; what became of a workflow."""
        self.post("/interrupt", {})
        return self.wait(prompt_id)

    def picture(self, image: Mapping[str, str]) -> Path:
        """The file of a picture that a node shows."""
        return self.base / image["type"] / image["subfolder"] / image["filename"]

    def written(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(errors="replace")


StartComfyUI = Callable[..., ComfyUI]


@pytest.fixture(scope="module")
def start_comfyui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartComfyUI]:
    """Start ComfyUI in a folder of its own, which ``install`` fills; others are its environment."""
    named = os.environ.get("COMFYUI_DIR")
    if not named:
        pytest.skip("COMFYUI_DIR names no checkout of ComfyUI")
    main = Path(named) / "main.py"
    if not main.is_file():
        pytest.fail(f"COMFYUI_DIR names {named}, and there is no main.py in it")
    started: list[ComfyUI] = []

    def start(install: Callable[[Path], None], **environment: str) -> ComfyUI:
        base = tmp_path_factory.mktemp("comfyui")
        for folder in FOLDERS:
            (base / folder).mkdir(parents=True)
        install(base)
        comfyui = launch(main, base, environment)
        started.append(comfyui)
        comfyui.until(lambda: _answers(comfyui), "ComfyUI didn't start")
        return comfyui

    yield start
    for comfyui in started:
        comfyui.process.terminate()
        comfyui.process.wait(PATIENCE)


def launch(main: Path, base: Path, environment: Mapping[str, str]) -> ComfyUI:
    """Start the process; it doesn't answer yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = base / "comfyui.log"
    python = os.environ.get("COMFYUI_PYTHON", sys.executable)
    settings = {
        "--listen": "127.0.0.1",
        "--port": str(port),
        "--base-directory": str(base),
        "--database-url": "sqlite:///:memory:",
    }
    command = [python, str(main), "--cpu", "--disable-auto-launch", "--disable-api-nodes"]
    for setting in settings.items():
        command += setting
    whole = {**os.environ, "MEZZOTINT_CACHE": str(base / "cache"), "HF_HUB_OFFLINE": "1", **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=base, env=whole, stdout=output, stderr=subprocess.STDOUT)
    return ComfyUI(f"http://127.0.0.1:{port}", base, log, process)


def _answers(comfyui: ComfyUI) -> bool:
    try:
        comfyui.get("/system_stats")
    except OSError:
        return False
    return True
