"""The pages of `iimt serve` and `iimt translate --html` in a headless Chromium, with a stand-in for the networks.

They are skipped where there is no Chromium with its driver (Debian: chromium, chromium-driver).
"""

import base64
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iimt_cli.translation.result import Block
from iimt_cli.view.report import Entry, write_report
from tests.test_html import HOSTILE

pytest.importorskip("starlette", reason="iimt[serve] is not installed")
pytest.importorskip("uvicorn", reason="iimt[serve] is not installed")
pytest.importorskip("selenium", reason="selenium is not installed")

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from iimt_cli.serve.store import Limits
from tests.serving import encoded, listening, make, noise

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
WAIT = 30  # seconds
WIDTH, HEIGHT = 400, 240  # of pictures, px
BLUE, ORANGE = (20, 60, 220), (250, 140, 20)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BROWSER or not DRIVER, reason="there is no Chromium with its driver"),
]


class Tab:
    """A tab of the browser: `tab(".card")` are the elements that a selector finds."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def __call__(self, selector: str) -> list[WebElement]:
        found: list[WebElement] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def one(self, selector: str) -> WebElement:
        [found] = self(selector)
        return found

    def until(self, condition: Callable[["Tab"], object]) -> None:
        again = [StaleElementReferenceException]  # an element of before the page was filled anew
        WebDriverWait(self.driver, WAIT, 0.05, again).until(lambda _: condition(self))

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def show(self, how: str) -> None:
        self.run("arguments[0].click()", self.one(f"input[value={how}]"))

    def colours(self) -> np.ndarray:
        """What is seen of the picture, uint8 (H, W, 3)."""
        return np.asarray(Image.open(io.BytesIO(self.one(".paper").screenshot_as_png)).convert("RGB"))

    def seen(self, x: float, y: float = 0.75) -> tuple[int, int, int]:
        """The colour at a place of the picture, in shares of its width and height."""
        pixels = self.colours()
        red, green, blue = pixels[int(y * pixels.shape[0]), int(x * pixels.shape[1])]
        return int(red), int(green), int(blue)

    def complaints(self) -> list[str]:
        """What the browser found wrong, but for requests that were to be refused."""
        return [row["message"] for row in self.driver.get_log("browser") if row["source"] != "network"]


def near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 24


def opposite(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = colour
    return 255 - red, 255 - green, 255 - blue


def picture(colour: tuple[int, int, int] = BLUE) -> np.ndarray:
    """One colour with a speck, so that the stand-in finds something to translate in its corner of 9×9 px."""
    pixels = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
    pixels[:4, -4:] = 255
    return pixels


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1280,900",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER or ""))
    try:
        yield found
    finally:
        found.quit()


@pytest.fixture
def tab(driver: Any) -> Iterator[Tab]:
    """Nothing may go wrong in it."""
    found = Tab(driver)
    found.driver.get_log("browser")
    yield found
    assert found.complaints() == []
    driver.get("about:blank")


@pytest.fixture
def served(tab: Tab) -> Iterator[Tab]:
    """A new page of `iimt serve`."""
    app, _ = make()
    with listening(app) as address:
        tab.driver.get(address)
        tab.until(lambda tab: tab("#start"))
        yield tab
        tab.driver.get("about:blank")  # a connection that is kept would hold up the end


BRING = """
const [kind, files, done] = [arguments[0], arguments[1]];
const bundle = new DataTransfer();
for (const [name, data] of files)
  bundle.items.add(new File([Uint8Array.from(atob(data), letter => letter.charCodeAt(0))], name, { type: "image/png" }));
if (kind === "drop") {
  const event = type => new DragEvent(type, { dataTransfer: bundle, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event("dragenter"));
  window.seen = !document.getElementById("drop").hidden;
  document.body.dispatchEvent(event("drop"));
} else document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: bundle, bubbles: true, cancelable: true }));
"""


def bring(tab: Tab, kind: str, **files: bytes) -> None:
    """Drops or pastes pictures; their names are given without .png."""
    tab.run(BRING, kind, [[f"{name}.png", base64.b64encode(data).decode()] for name, data in files.items()])


def translated(tab: Tab, count: int) -> bool:
    return sum("translated" in small.text for small in tab(".list small")) == count


# iimt serve


def test_drop_toggle_slide_hover(served: Tab) -> None:
    assert served.one("#start").is_displayed() and not served.one("#view").is_displayed()
    bring(served, "drop", blue=encoded(picture()), orange=encoded(picture(ORANGE)))
    assert served.run("return window.seen") and not served.one("#drop").is_displayed()
    served.until(lambda tab: translated(tab, 2))
    assert not served.one("#start").is_displayed()
    assert [name.text for name in served(".list b")] == ["blue.png", "orange.png"]
    served.until(lambda tab: near(tab.seen(0.5), opposite(BLUE)))
    served.show("original")
    assert near(served.seen(0.5), BLUE)
    served.show("compare")
    assert near(served.seen(0.25), BLUE) and near(served.seen(0.75), opposite(BLUE))
    paper = served.one(".paper")
    drag = ActionChains(served.driver).move_to_element(paper).click_and_hold()
    drag.move_by_offset(int(0.4 * paper.size["width"]), 0).release().perform()
    assert near(served.seen(0.8), BLUE) and near(served.seen(0.95), opposite(BLUE))
    divider = served.one(".divider")
    for _ in range(10):
        divider.send_keys(Keys.PAGE_DOWN)
    assert near(served.seen(0.2), opposite(BLUE))
    served.show("translation")
    served(".picture")[1].click()
    served.until(lambda tab: near(tab.seen(0.5), opposite(ORANGE)))
    assert not served.one(".tip").is_displayed()
    ActionChains(served.driver).move_to_element(served.one(".blocks g")).perform()
    served.until(lambda tab: tab.one(".tip").is_displayed())
    assert [part.text for part in served(".tip p")] == ["Grüße", "Greetings", "confidence 90 %"]
    served.one("body").send_keys(Keys.ESCAPE)
    assert not served.one(".tip").is_displayed()


def test_edit_and_redraw(served: Tab) -> None:
    bring(served, "paste", letter=encoded(picture()))
    served.until(lambda tab: translated(tab, 1))
    area = served.one(".card textarea")
    assert area.get_attribute("value") == "Greetings" and not served.one(".changes").is_displayed()
    area.send_keys(" and")  # letter by letter
    assert area.get_attribute("value") == "Greetings and"
    area.clear()
    area.send_keys("Hello")
    assert served.one(".changed").text == "1 change" and served(".card.edited")
    served.one(".undo-all").click()
    assert served.one(".card textarea").get_attribute("value") == "Greetings"
    assert not served.one(".changes").is_displayed()
    served.one(".blocks g").click()  # leads to its text
    area = served.driver.switch_to.active_element
    assert area.tag_name == "textarea"
    area.send_keys(Keys.CONTROL, "a")
    area.send_keys("Hello", Keys.CONTROL, Keys.ENTER)
    served.until(lambda tab: tab(".sure") and tab.one(".sure").text == "by hand")
    grey = (ord("H"),) * 3
    served.until(
        lambda tab: near(tab.seen(0.005, 0.005), grey)
    )  # the stand-in draws the number of the first letter
    assert near(served.seen(0.5), opposite(BLUE))
    assert served.one(".card textarea").get_attribute("value") == "Hello"
    served.one(".card textarea").click()
    served.one(".card .keep input").click()
    assert not served.one(".card textarea").is_enabled()
    served.one(".redraw").click()
    served.until(lambda tab: "0 of 1" in tab.one(".list small").text)
    served.until(lambda tab: near(tab.seen(0.005, 0.005), BLUE))
    served.one(".card .keep input").click()
    served.one(".card textarea").send_keys(Keys.CONTROL, "a")
    served.one(".card textarea").send_keys("日本")
    served.one(".redraw").click()
    served.until(lambda tab: tab(".warnings li"))
    assert served.one(".warnings").text == "block 1 is left as it was: 日 cannot be drawn"


def test_what_is_saved_and_what_stays_after_a_reload(served: Tab) -> None:
    bring(served, "drop", sign=encoded(picture()))
    served.until(lambda tab: translated(tab, 1))
    links = served(".actions a")
    assert [link.get_attribute("download") for link in links] == ["sign-en.png", "sign-en.png.json"]
    get = "return fetch(arguments[0].href).then(answer => answer.text())"
    assert '"file": "sign.png"' in served.run(get, links[1])
    served.driver.refresh()
    served.until(lambda tab: translated(tab, 1))
    served.until(lambda tab: near(tab.seen(0.5), opposite(BLUE)))
    ActionChains(served.driver).move_to_element(served.one(".list li")).perform()
    served.one(".remove").click()
    assert served.one("#start").is_displayed()
    served.driver.refresh()
    served.until(lambda tab: tab.one("#start").is_displayed())


def test_files_are_chosen_and_what_fails_is_told(served: Tab, tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(encoded(picture()))
    (tmp_path / "empty.png").touch()
    (tmp_path / "notes.txt").write_text("no picture")
    names = "\n".join(str(tmp_path / name) for name in ("empty.png", "good.png", "notes.txt"))
    served.one("#start input[multiple]").send_keys(names)
    served.until(lambda tab: translated(tab, 1) and len(tab(".list .failed")) == 2)
    assert [told.text for told in served(".list .failed small")] == [
        "the file is empty",
        "not a picture in a known format",
    ]
    assert served.one(".message").text == "the file is empty"
    assert served.one("#start input[capture=environment]").get_attribute("accept") == "image/*"


def test_a_picture_that_was_dropped_is_told(tab: Tab) -> None:
    app, _ = make(Limits(kept=1))
    with listening(app) as address:
        tab.driver.get(address)
        tab.until(lambda tab: tab("#start"))
        bring(tab, "drop", a=encoded(picture()))
        tab.until(lambda tab: translated(tab, 1))
        bring(tab, "drop", b=encoded(picture(ORANGE)))
        tab.until(lambda tab: translated(tab, 2))
        tab(".picture")[0].click()
        tab.until(lambda tab: tab(".list .failed"))
        assert tab.one(".message").text == "This picture is not kept any more; add it again."
        assert not tab.one(".paper").is_displayed()
        tab.driver.get("about:blank")


def test_a_server_that_went_away_is_told(tab: Tab) -> None:
    app, _ = make()
    with listening(app) as address:
        tab.driver.get(address)
        tab.until(lambda tab: tab("#start"))
        tab.driver.execute_cdp_cmd("Network.enable", {})
        tab.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/pictures*"]})
        bring(tab, "drop", a=encoded(noise(1)))
        tab.until(lambda tab: tab(".list .failed"))
        tab.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
        assert "The server does not answer" in tab.one(".message").text
        tab.driver.get("about:blank")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_nothing_is_cut_off(served: Tab, width: int, height: int, dark: bool) -> None:
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    served.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    served.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        bring(served, "drop", **{f"a-long-name-of-a-picture-{n}": encoded(picture()) for n in range(3)})
        served.until(lambda tab: translated(tab, 3))
        assert served.run("return document.documentElement.scrollWidth") <= width
        for selector in (".switch", ".actions", ".copy-all", ".card", ".paper"):
            for part in served(selector):
                assert part.rect["x"] >= 0 and part.rect["x"] + part.rect["width"] <= width
        ground = served.run("return getComputedStyle(document.body).backgroundColor")
        brightness = sum(int(number) for number in ground[4:-1].split(","))
        assert (brightness < 100) == dark
    finally:
        served.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        served.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


# The page of --html


@pytest.fixture
def report(tab: Tab, tmp_path: Path) -> Tab:
    """With three pictures, whose names and texts would be code if they were no texts; the third could not be translated."""
    corners = [[40.0, 40.0], [200.0, 40.0], [200.0, 90.0], [40.0, 90.0]]
    right = [[x + 170, y] for x, y in corners]
    blocks = [
        Block(corners, [corners], HOSTILE, HOSTILE, 0.9, "translated", "", id=1),
        Block(right, [right], "Heute", "", 0.3, "kept", HOSTILE, id=2),
    ]
    entries = [
        Entry(f"<b>{n}</b>.png", picture(colour), 255 - picture(colour), (WIDTH, HEIGHT), blocks)
        for n, colour in enumerate((BLUE, ORANGE))
    ]
    entries.append(Entry(HOSTILE, None, None, (0, 0), note=f"{HOSTILE}: no such file", failed=True))
    path = tmp_path / "report.html"
    write_report(path, entries, 3, "de", "en")
    tab.driver.get(path.as_uri())
    tab.until(lambda tab: tab(".picture"))
    return tab


def test_the_report_shows_the_same(report: Tab) -> None:
    assert report.one(".languages").text == "German → English"
    names = [name.get_property("textContent") for name in report(".list b")]
    assert names == ["<b>0</b>.png", "<b>1</b>.png", HOSTILE]
    report.until(lambda tab: near(tab.seen(0.9), opposite(BLUE)))
    report.show("compare")
    assert near(report.seen(0.25), BLUE) and near(report.seen(0.75), opposite(BLUE))
    report(".picture")[1].click()
    report.until(lambda tab: near(tab.seen(0.25), ORANGE))
    ActionChains(report.driver).move_to_element(report(".blocks g")[1]).perform()
    report.until(lambda tab: tab.one(".tip").is_displayed())
    assert report(".tip p")[0].text == "Heute" and "left as it was: </script>" in report(".tip p")[2].text
    assert not report("textarea:not([hidden])") and not report.one(".changes").is_displayed()
    find = report.one(".find")
    find.send_keys("0</b>")
    assert [item.is_displayed() for item in report(".list li")] == [True, False, False]
    find.send_keys(" nothing")
    assert report.one(".none").is_displayed()


def test_the_report_runs_no_text(report: Tab) -> None:
    assert not report("img[onerror]") and not report(".list b b")
    report(".picture")[2].click()
    assert report.one(".message").text.startswith("</script><script>alert(1)</script>")
    assert not report.one(".paper").is_displayed()


def test_texts_are_reached_and_copied_with_the_keyboard(report: Tab) -> None:
    report.run("arguments[0].focus()", report.one(".larger"))
    report.driver.switch_to.active_element.send_keys(Keys.TAB)
    first, second = report(".blocks g")
    assert report.driver.switch_to.active_element == first and report.one(".tip").is_displayed()
    first.send_keys(Keys.ARROW_RIGHT)
    assert report.driver.switch_to.active_element == second
    assert str(second.get_attribute("aria-label")).startswith("Text 2: Heute. Left as it was: ")
    assert report(".tip p")[0].text == "Heute"
    second.send_keys(Keys.ARROW_LEFT)
    report.driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    first.send_keys(Keys.ENTER)
    copy = report.driver.switch_to.active_element
    assert copy.get_attribute("aria-label") == "Copy text 1"
    copy.send_keys(Keys.ENTER)
    report.until(
        lambda tab: tab.one("#said").text or tab.run("return document.getElementById('said').textContent")
    )
    assert report.run("return navigator.clipboard.readText()") == HOSTILE
    report.one(".copy-all").click()
    report.until(lambda tab: tab.run("return navigator.clipboard.readText()") == HOSTILE + "\nHeute")
