"""Make the pictures of the README again: `python docs/readme.py`, in about a minute.

    docs/images/train.svg       the terminal of `makemore train`
    docs/images/embedding.svg   `makemore plot embedding`
    docs/images/report.png      the page of `makemore report`, in a headless Chromium

They are made by these commands in an empty folder; the map and the page are of a small MLP.
"""

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).parent / "images"
COLUMNS = 100
MAKEMORE = [sys.executable, "-m", "makemore"]
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]


def main() -> None:
    """Make all of them."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shown = in_a_terminal(["train"], folder)
        (IMAGES / "train.svg").write_text(to_svg(shown, "makemore train"), encoding="utf-8")
        small = ["train", "--model", "mlp", "--n-embd", "2", "--max-steps", "3000"]
        run_makemore([*small, "--out", "runs/map"], folder)
        run_makemore(["plot", "runs/map", "embedding", "--out", f"{IMAGES}/embedding.svg"], folder)
        run_makemore(["report", "runs/map", "--out", "report.html"], folder)
        photograph(Path(folder) / "report.html", IMAGES / "report.png")


def run_makemore(arguments: list[str], folder: str) -> None:
    """Run a command."""
    subprocess.run([*MAKEMORE, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def in_a_terminal(arguments: list[str], folder: str) -> str:
    """Run a command in a terminal of `COLUMNS` columns, and give all that it writes there."""
    controller, terminal = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "LINES": "40", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [*MAKEMORE, *arguments], cwd=folder, stdout=terminal, stderr=terminal, env=environment
    )
    os.close(terminal)
    written = b""
    while True:
        try:
            read = os.read(controller, 2**16)
        except OSError:  # Linux says so when the last writer has gone
            break
        if not read:
            break
        written += read
    if process.wait():
        raise SystemExit(written.decode())
    return written.decode()


def to_svg(written: str, title: str) -> str:
    """Draw what is left in a terminal in the end: of each live line, its last state."""
    lines = [line.rsplit("\r", 1)[-1] for line in written.replace("\r\n", "\n").split("\n")]
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {title}", "bold"))
    for line in lines:
        console.print(Text.from_ansi(line), soft_wrap=False)
    drawn = console.export_svg(title="makemore", unique_id="makemore")
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)  # no font from elsewhere


def photograph(page: Path, picture: Path) -> None:
    """Take a picture of a page in a headless Chromium, where there is one."""
    browser = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit(f"There is no Chromium here, so {picture} stays as it is.")
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        flags += ["--no-first-run", "--disable-background-networking", "--window-size=900,1000"]
        flags += [f"--user-data-dir={profile}", f"--screenshot={picture}", page.as_uri()]
        subprocess.run([browser, *flags], check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
