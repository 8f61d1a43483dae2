"""A headless Chromium, driven by selenium: where both are installed."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
    "disable-component-update disable-sync hide-scrollbars"
)
MISSING = ", ".join(
    name
    for name, there in {
        "selenium": find_spec("selenium"),
        "chromium": shutil.which("chromium"),
        "chromedriver": shutil.which("chromedriver"),
    }.items()
    if not there
)
needs_browser = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {MISSING}")


@contextmanager
def chromium(folder: Path, width: int = 1400, height: int = 1100) -> Iterator[Any]:
    """Open a browser of its own, whose profile is in a folder; it is closed in the end."""
    webdriver = import_module("selenium.webdriver")  # where it is not installed mypy passes, too
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS.split(), f"window-size={width},{height}", f"user-data-dir={folder}"):
        options.add_argument(f"--{flag}")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options, service)
    try:
        yield driver
    finally:
        driver.quit()


def comes(browser: Any, there: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait until a page is as it should be; tell whether it ever was."""
    exceptions = import_module("selenium.common.exceptions")
    try:
        waiting = import_module("selenium.webdriver.support.ui").WebDriverWait(browser, seconds)
        waiting.until(lambda _: there())
    except exceptions.TimeoutException:
        return False
    return True
