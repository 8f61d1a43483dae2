"""TensorBoard shows a real run, in a real browser."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from makemore.corpus.splits import Corpus
from makemore.runs.run import create_run
from tests.browser import chromium, comes, needs_browser
from tests.helpers import small_config
from tests.runs.test_metrics import lose_the_last_checkpoint

pytestmark = [pytest.mark.browser, needs_browser]

SHOWN = """
const texts = [], drawn = [];
(function walk(node) {  // also into shadow trees and frames, which innerText leaves out
  for (const child of node.childNodes) {
    if (child.nodeType === 3) texts.push(child.data);
    else if (child.nodeType === 1 && !/^(script|style|noscript)$/i.test(child.tagName)) {
      if (/^(path|canvas)$/i.test(child.tagName) && child.getBoundingClientRect().width > 50)
        drawn.push(child.tagName);
      if (child.shadowRoot) walk(child.shadowRoot);
      if (child.contentDocument && child.contentDocument.body) walk(child.contentDocument.body);
      walk(child);
    }
  }
})(document.body);
return [texts.join(" ").replace(/\\s+/g, " "), drawn.length];
"""
"""Finds all text of a page, and how many wide lines, areas and canvases are drawn on it."""


@contextmanager
def tensorboard(logdir: Path) -> Iterator[str]:
    """Start TensorBoard on a free port, and give its address once it answers."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    command += ["--port", "0", "--host", "127.0.0.1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            found = (re.search(r"at (http://127\.0\.0\.1:\d+)/", line) for line in server.stderr)
            yield next(match[1] for match in found if match)
        finally:
            server.terminate()
            server.communicate()


def see(browser: Any, address: str, tab: str, *expected: str, drawn: int = 0) -> None:
    """Open a tab, and wait until it shows what is expected and has drawn so much."""
    browser.get("about:blank")
    browser.get(f"{address}/#{tab}")
    shown = ("", 0)

    def shows() -> bool:
        nonlocal shown
        shown = browser.execute_script(SHOWN)
        return all(text in shown[0] for text in expected) and shown[1] >= drawn

    if not comes(browser, shows):
        missing = [text for text in expected if text not in shown[0]]
        pytest.fail(f"{tab} lacks {missing}, and has drawn {shown[1]} of {drawn}: {shown[0]}")


def test_a_browser_sees_curves_histograms_text_charts_settings_and_the_embedding(
    corpus: Corpus, tmp_path: Path
) -> None:
    run = create_run(tmp_path / "runs" / "small", "mlp")
    lose_the_last_checkpoint(small_config("mlp", diagnostics="full"), corpus, run)
    with tensorboard(tmp_path / "runs") as address, chromium(tmp_path / "profile") as browser:
        see(browser, address, "timeseries", "small", "/norm.tanh", drawn=5)
        see(browser, address, "scalars&tagFilter=loss", "loss/train", "loss/val", drawn=2)
        see(browser, address, "custom_scalars", "train and val, nats a character", drawn=1)
        see(browser, address, "histograms", "activations/norm.tanh", drawn=6)
        see(browser, address, "text", "samples/text_summary", 'model = "mlp"', "step 24")
        see(browser, address, "hparams", "batch_size", "loss/val", "32.000")
        see(browser, address, "projector", "embedding.weight", "characters.tsv", drawn=1)
        assert browser.get_screenshot_as_file(str(tmp_path / "screenshot.png"))
