"""`iimt serve`: what its server answers, with a stand-in for the networks. The page is in test_browser.py."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iimt_cli import __version__, read_texts
from iimt_cli.translation.result import Options
from tests import standin
from tests.conftest import Run

testclient = pytest.importorskip("starlette.testclient", reason="iimt[serve] is not installed")
pytest.importorskip("uvicorn", reason="iimt[serve] is not installed")

from iimt_cli.serve import app as app_module  # noqa: E402
from iimt_cli.serve import server  # noqa: E402
from iimt_cli.serve.guard import is_known_host  # noqa: E402
from iimt_cli.serve.store import Limits, Store  # noqa: E402
from iimt_cli.serve.upload import Head, Refused  # noqa: E402
from tests.serving import ADDRESS, decoded, done, encoded, make, noise  # noqa: E402

Client = Any


@pytest.fixture
def client() -> Iterator[Client]:
    with testclient.TestClient(make()[0], base_url=ADDRESS) as found:
        yield found


def send(client: Client, data: bytes, name: str = "a.png", **headers: str) -> Any:
    return client.post("/pictures", params={"name": name}, content=data, headers=headers)


def sent(client: Client, data: bytes, name: str = "a.png") -> str:
    """The id of a picture that was taken."""
    answer = send(client, data, name)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def refusal(answer: Any) -> tuple[int, str]:
    message = answer.json()["error"]
    assert "\n" not in message
    return answer.status_code, message


class Slow(standin.Translator):
    """Waits in the middle of a picture until it is let go."""

    def __init__(self, preset: Any) -> None:
        super().__init__(preset)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def translate_jobs(self, jobs: Any, options: Options) -> Any:
        self.begun.set()
        assert self.go_on.wait(20)
        return super().translate_jobs(jobs, options)


@pytest.fixture
def slow() -> Slow:
    from iimt_cli.config import load_preset

    return Slow(load_preset("line"))


# A picture


def test_a_picture_is_translated(client: Client, tmp_path: Path) -> None:
    pixels = noise(1)
    key = sent(client, encoded(pixels), "Straße 5.png")
    told = done(client, key)
    assert (told["state"], told["name"], told["download"]) == ("done", "Straße 5.png", "Straße 5-en.png")
    assert (told["width"], told["height"], told["revision"], told["editable"]) == (40, 20, 1, True)
    [block] = told["blocks"]
    assert (block["source"], block["target"], block["kept"]) == ("Grüße", "Greetings", False)
    assert block["confidence"] == pytest.approx(0.9) and len(block["polygon"]) == 4
    translation = client.get(f"/pictures/{key}/translation")
    assert translation.headers["content-type"] == "image/png"
    assert (decoded(translation.content) == 255 - pixels).all()
    assert client.get(f"/pictures/{key}/original").content == encoded(pixels)
    sidecar = tmp_path / "a.json"
    sidecar.write_bytes(client.get(f"/pictures/{key}/sidecar").content)
    data = json.loads(sidecar.read_text("utf-8"))
    assert (data["file"], data["source"], data["target"]) == ("Straße 5.png", "de", "en")
    assert read_texts(sidecar).blocks[0].target == "Greetings"


@pytest.mark.parametrize(
    ("format_", "suffix", "shown"),
    [
        ("JPEG", ".jpg", True), ("WEBP", ".webp", True), ("BMP", ".png", False), ("TIFF", ".png", False),
        ("GIF", ".png", False),
    ],
)  # fmt: skip
def test_formats(client: Client, format_: str, suffix: str, shown: bool) -> None:
    data = encoded(noise(2), format_)
    key = sent(client, data, "photo.x")
    told = done(client, key)
    assert told["download"] == f"photo-en{suffix}" and told["shown"] == shown
    original = client.get(f"/pictures/{key}/original")
    assert (original.content == data) == shown
    assert (decoded(original.content) == decoded(data)).all()
    kind = original.headers["content-type"]
    assert client.get(f"/pictures/{key}/translation").headers["content-type"] == kind


def test_nothing_to_translate_is_the_same_file(client: Client) -> None:
    data = encoded(np.full((20, 40, 3), 200, np.uint8), "JPEG")
    key = sent(client, data)
    assert done(client, key)["blocks"] == []
    assert client.get(f"/pictures/{key}/translation").content == data
    told = done(client, sent(client, encoded(noise(3, width=standin.UNSURE))))
    assert told["blocks"][0]["kept"] and told["blocks"][0]["reason"] == "not sure"


def test_a_picture_turned_by_its_exif_has_the_size_that_is_seen(client: Client) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    told = done(client, sent(client, encoded(noise(4, 40, 20), "JPEG", exif=exif)))
    assert (told["width"], told["height"]) == (20, 40)


def test_what_fails_is_told_and_the_next_one_is_translated(client: Client) -> None:
    broken = encoded(noise(5, 300, 300), "JPEG")[:9000]
    keys = [sent(client, encoded(noise(6, width)), "b.png") for width in (standin.FAILS, standin.TOO_MUCH)]
    keys += [sent(client, broken, "c.png"), sent(client, encoded(noise(7)), "d.png")]
    told = [done(client, key) for key in keys]
    assert [one["state"] for one in told] == ["failed", "failed", "failed", "done"]
    assert told[0]["message"] == "b.png: unexpected KeyError: 'no such thing'"
    assert told[1]["message"] == "b.png: not enough memory for this picture; scale it down"
    assert told[2]["message"].startswith("c.png: truncated or damaged picture (")
    assert client.get(f"/pictures/{keys[0]}/translation").status_code == 404


def test_less_memory_means_smaller_batches(client: Client) -> None:
    assert done(client, sent(client, encoded(noise(8, standin.TOO_MANY))))["state"] == "done"


# What is refused


@pytest.mark.parametrize(
    ("name", "data", "status", "cause"),
    [
        ("a.png", b"", 400, "a.png: the file is empty"),
        (
            "a.png",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            415,
            "a.png: not a picture in a known format",
        ),
        (
            "a.png",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            415,
            "not a picture in a known format",
        ),
        ("a.pdf", b"%PDF-1.7\n", 415, "`iimt translate` takes it on the command line"),
        ("a.png", encoded(noise(1))[:20], 415, "a.png: "),
        ("../a.png", encoded(noise(1)), 400, "must not be a path"),
        ("/etc/passwd", encoded(noise(1)), 400, "must not be a path"),
        ("C:\\a.png", encoded(noise(1)), 400, "must not be a path"),
        ("..", encoded(noise(1)), 400, "must not be a path"),
        ("a\0.png", encoded(noise(1)), 400, "without control characters"),
        ("", encoded(noise(1)), 400, "needs a name"),
        ("ä" * 128, encoded(noise(1)), 400, "at most 255 bytes"),
    ],
)
def test_uploads_that_are_refused(client: Client, name: str, data: bytes, status: int, cause: str) -> None:
    code, message = refusal(send(client, data, name))
    assert code == status and cause in message


def test_a_bomb_of_100_million_pixels_is_refused(client: Client, tmp_path: Path) -> None:
    Image.new("1", (10_000, 10_000)).save(tmp_path / "bomb.png", optimize=True)
    data = (tmp_path / "bomb.png").read_bytes()
    assert len(data) < 100_000
    start = time.monotonic()
    assert refusal(send(client, data, "bomb.png")) == (
        413, "bomb.png: too large (10000×10000 px; at most 50 million pixels)",
    )  # fmt: skip
    assert time.monotonic() - start < 2
    huge = data.replace((10_000).to_bytes(4, "big"), (100_000).to_bytes(4, "big"))
    assert refusal(send(client, huge, "huge.png"))[0] in (413, 415)


def test_several_pictures_in_a_file_are_refused(client: Client) -> None:
    frames = [Image.fromarray(noise(seed)) for seed in (1, 2)]
    for format_, cause in (
        ("GIF", "animated pictures are not supported (2 frames)"),
        ("TIFF", "has 2 pages"),
    ):
        data = encoded(noise(1), format_, save_all=True, append_images=frames[1:])
        code, message = refusal(send(client, data, "a.x"))
        assert code == 415 and cause in message


def test_large_uploads_are_refused_before_they_are_read() -> None:
    with testclient.TestClient(make(Limits(upload=1000))[0], base_url=ADDRESS) as client:
        assert refusal(send(client, bytes(1001)))[0] == 413
        code, message = refusal(client.post("/pictures?name=a.png", content=iter([b"x"])))
        assert (code, message) == (411, "the length of the picture must be told (Content-Length)")


def test_a_size_that_is_refused_is_told_as_larger_than_the_limit() -> None:
    with testclient.TestClient(make(Limits(upload=1 << 20))[0], base_url=ADDRESS) as client:
        for size in (2_000_000, (1 << 20) + 1):
            assert refusal(send(client, bytes(size))) == (413, "a.png: too large (2 MB; at most 1 MB)")
        assert refusal(send(client, bytes(1 << 20)))[0] != 413


def test_an_upload_that_does_not_arrive_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.requests import Request

    async def stalls(_: Request) -> Any:
        import anyio

        await anyio.sleep(20)
        yield b""

    monkeypatch.setattr(Request, "stream", stalls)
    monkeypatch.setattr(app_module, "PATIENCE", 0.05)
    assert refusal(send(client, encoded(noise(1))))[0] == 408


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "/view.js/../../pyproject.toml", "/etc/passwd",
        "/pictures/../../etc/passwd", "/pictures/%2e%2e%2f%2e%2e%2fetc%2fpasswd/original", "/serve.html", "/view.html",
        "/pictures/x/translation", "/pictures/x",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file(client: Client, path: str) -> None:
    assert refusal(client.get(path))[0] == 404


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put("/pictures").status_code == 405
    assert client.post("/").status_code == 405


# Who may ask


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9000"},
        {"origin": "http://localhost:8000"}, {"host": "evil.example"}, {"host": "evil.example:8000"},
        {"host": "127.0.0.1.evil.example:8000"}, {"host": "192.168.1.5:8000"}, {"host": ""},
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    ],
)  # fmt: skip
def test_pages_of_others_are_refused(client: Client, headers: dict[str, str]) -> None:
    key = sent(client, encoded(noise(1)))
    assert refusal(send(client, encoded(noise(1)), **headers))[0] == 403
    assert refusal(client.get(f"/pictures/{key}/original", headers=headers))[0] == 403
    assert refusal(client.request("DELETE", f"/pictures/{key}", headers=headers))[0] == 403
    assert done(client, key)["state"] == "done"


def test_our_own_page_may_ask(client: Client) -> None:
    own = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    assert send(client, encoded(noise(1)), **own).status_code == 202
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200  # a link to the page
    for host in ("localhost:8000", "[::1]:8000", "127.0.0.1", "LOCALHOST"):
        assert client.get("/", headers={"host": host}).status_code == 200


def test_names_of_a_machine_in_a_network() -> None:
    assert is_known_host("192.168.1.5:8000", "0.0.0.0")
    assert is_known_host("[fe80::1]:8000", "::")
    assert is_known_host("box.local:80", "box.local")
    assert not is_known_host("evil.example", "0.0.0.0")
    assert not is_known_host("", "0.0.0.0")


def test_every_answer_tells_browsers_to_be_careful(client: Client) -> None:
    for answer in (
        client.get("/"),
        client.get("/view.js"),
        client.get("/nothing"),
        client.get("/", headers={"host": "x"}),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_the_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/").text
    assert 'data-source="de" data-target="en"' in page and "de-&lt;en&gt;" in page and "@" not in page
    for name in ("", "view.css", "view.js", "serve.css", "serve.js"):
        text = client.get(f"/{name}").text
        assert len(text) > 500 and "https://" not in text
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "innerHTML" not in text


# Correct and redraw


def redraw(client: Client, key: str, *blocks: object) -> Any:
    return client.post(f"/pictures/{key}/redraw", content=json.dumps({"blocks": blocks}))


def test_a_corrected_text_is_drawn(client: Client, stand_in: type[standin.Translator]) -> None:
    pixels = noise(1)
    key = sent(client, encoded(pixels))
    done(client, key)
    stand_in.calls.clear()
    assert redraw(client, key, {"id": 1, "target": " Hello\n there ", "keep": False}).status_code == 202
    told = done(client, key)
    assert (told["state"], told["revision"]) == ("done", 2) and not stand_in.calls
    assert told["blocks"][0]["target"] == "Hello there" and told["blocks"][0]["by_hand"]
    after = decoded(client.get(f"/pictures/{key}/translation").content)
    assert (after[:10, :10] == ord("H")).all() and (after[10:] == 255 - pixels[10:]).all()
    assert json.loads(client.get(f"/pictures/{key}/sidecar").content)["blocks"][0]["target"] == "Hello there"
    assert redraw(client, key, {"id": 1, "target": "Hello there", "keep": True}).status_code == 202
    told = done(client, key)
    assert told["blocks"][0]["kept"] and told["blocks"][0]["keep"]
    assert redraw(client, key, {"id": 1, "target": "Greetings", "keep": False}).status_code == 202
    assert not done(client, key)["blocks"][0]["by_hand"]
    assert (decoded(client.get(f"/pictures/{key}/translation").content) == 255 - pixels).all()


def test_what_cannot_be_drawn_is_a_warning(client: Client) -> None:
    key = sent(client, encoded(noise(1)))
    done(client, key)
    assert redraw(client, key, {"id": 1, "target": "日本", "keep": False}).status_code == 202
    told = done(client, key)
    assert told["warnings"] == ["block 1 is left as it was: 日 cannot be drawn"] and told["blocks"][0]["kept"]


def test_a_redrawing_that_fails_leaves_the_picture_as_it_was(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sent(client, encoded(noise(1)))
    before = done(client, key) and client.get(f"/pictures/{key}/translation").content

    def fails(*_: object) -> Any:
        raise RuntimeError("no luck")

    monkeypatch.setattr(standin.Translator, "correct", fails)
    monkeypatch.setattr(standin.Translator, "redraw_jobs", fails)
    assert redraw(client, key, {"id": 1, "target": "Hello", "keep": False}).status_code == 202
    told = done(client, key)
    assert told["state"] == "done" and told["warnings"] == ["a.png: unexpected RuntimeError: no luck"]
    assert client.get(f"/pictures/{key}/translation").content == before


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'{"blocks": 1}', b'{"blocks": [1]}', b'{"blocks": [{"id": 1}]}', b"[" * 100_000, b"\xff",
        b'{"blocks": [{"id": "1", "target": "x", "keep": false}]}', b'{"blocks": [{"id": [], "target": "x", "keep": false}]}',
        b'{"blocks": [{"id": 1, "target": 2, "keep": false}]}', b'{"blocks": [{"id": 1, "target": "x", "keep": 0}]}',
        b'{"blocks": [{"id": 7, "target": "x", "keep": false}]}',
        b'{"blocks": [{"id": 1, "target": "\\ud800", "keep": false}]}',
        json.dumps({"blocks": [{"id": 1, "target": "x" * 10_001, "keep": False}]}).encode(),
    ],
)  # fmt: skip
def test_wrong_edits_are_refused(client: Client, body: bytes) -> None:
    key = sent(client, encoded(noise(1)))
    done(client, key)
    assert refusal(client.post(f"/pictures/{key}/redraw", content=body))[0] == 400
    assert done(client, key)["revision"] == 1


def test_edits_may_not_be_endless(client: Client) -> None:
    key = sent(client, encoded(noise(1)))
    assert refusal(client.post(f"/pictures/{key}/redraw", content=bytes(2 << 20)))[0] == 413


def test_a_picture_without_texts_to_change(client: Client) -> None:
    key = sent(client, encoded(noise(3, width=standin.UNSURE)))
    assert not done(client, key)["editable"]
    assert refusal(redraw(client, key))[0] == 409


# Many pictures, little room


def test_fifty_pictures_from_eight_clients() -> None:
    """None is lost, none is mixed up, and no more is kept than allowed, though the queue is shorter than that."""
    app, store = make(Limits(waiting=12, kept=60, memory=400_000))
    sizes: list[int] = []

    def translate(seed: int) -> None:
        pixels, name = noise(seed, 30 + seed % 9), f"{seed}.png"
        while (answer := send(client, encoded(pixels), name)).status_code == 503:
            assert answer.headers["retry-after"] == "2" and "busy: " in answer.json()["error"]
            time.sleep(0.01)
        told = done(client, answer.json()["id"])
        assert (told["state"], told["name"]) == ("done", name)
        found = client.get(f"/pictures/{told['id']}/translation").content
        assert (decoded(found) == 255 - pixels).all()
        sizes.append(store.size)

    with testclient.TestClient(app, base_url=ADDRESS) as client, ThreadPoolExecutor(8) as clients:
        for _ in clients.map(translate, range(50)):
            pass
    assert len(sizes) == 50 and max(sizes) <= 400_000


def test_a_full_queue_says_busy(slow: Slow) -> None:
    app, _ = make(Limits(waiting=2), translator=slow)
    with testclient.TestClient(app, base_url=ADDRESS) as client:
        keys = [sent(client, encoded(noise(0)))]
        assert slow.begun.wait(20)
        keys += [sent(client, encoded(noise(seed))) for seed in (1, 2)]
        assert refusal(send(client, encoded(noise(3)))) == (
            503, "busy: 2 pictures are waiting; try again in a moment",
        )  # fmt: skip
        states = client.get("/pictures", params={"id": [*keys, "unknown"]}).json()["pictures"]
        assert [(one["state"], one["before"]) for one in states] == [
            ("working", 0),
            ("waiting", 1),
            ("waiting", 2),
        ]
        assert (states[0]["step"], states[0]["progress"]) == ("translating", 2)
        assert refusal(redraw(client, keys[0]))[0] == 409
        assert refusal(client.get(f"/pictures/{keys[1]}/sidecar"))[0] == 404
        assert client.delete(f"/pictures/{keys[1]}").status_code == 204  # waiting
        assert client.delete(f"/pictures/{keys[0]}").status_code == 204  # being worked on
        slow.go_on.set()
        assert done(client, keys[2])["state"] == "done"
        for key in keys[:2]:
            assert refusal(client.get(f"/pictures/{key}"))[0] == 404


def test_old_pictures_are_dropped() -> None:
    with testclient.TestClient(make(Limits(kept=3))[0], base_url=ADDRESS) as client:
        keys = [sent(client, encoded(noise(0)))]
        for seed in range(1, 5):
            done(client, keys[0])  # looked at, so it is not the oldest
            keys.append(sent(client, encoded(noise(seed))))
            done(client, keys[-1])
        codes = [client.get(f"/pictures/{key}").status_code for key in keys]
        assert codes == [200, 404, 404, 200, 200]
        assert refusal(client.get(f"/pictures/{keys[1]}/translation")) == (
            404, "this picture is not kept any more; add it again",
        )  # fmt: skip


def test_the_room_for_what_waits_is_bounded() -> None:
    store = Store(Limits(memory=100, kept=5))
    head = Head(1, 1, ".png", "image/png", True)
    with store.room(60):
        with pytest.raises(Refused, match="busy: the pictures that wait take all the room"), store.room(60):
            pass
        store.add("a", bytes(60), head)
    with pytest.raises(Refused, match="busy"), store.room(60):
        pass
    first = store.next()
    assert first is not None
    store.fail(first.id, "no luck")  # nothing of it is kept but the message
    with store.room(60):
        pass
    assert store.get(first.id).message == "no luck" and store.size == 0


def test_the_end_of_the_server_ends_the_worker() -> None:
    with testclient.TestClient(make()[0], base_url=ADDRESS) as client:
        done(client, sent(client, encoded(noise(1))))
        assert [t for t in threading.enumerate() if t.name == "iimt-serve"]
    assert not [t for t in threading.enumerate() if t.name == "iimt-serve"]


# The command


@pytest.fixture
def ends_at_once(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The servers that were run; none of them serves."""
    import uvicorn

    ran: list[Any] = []
    monkeypatch.setattr(
        uvicorn.Server, "run", lambda self, sockets: ran.append((self, sockets[0].getsockname()))
    )
    return ran


def test_the_command(
    iimt: Run, weights: Path, stand_in: object, ends_at_once: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "terms.tsv").write_text("Vertrag\tdeal\n", "utf-8")
    code, said = iimt(
        "serve", "--port", 0, "--weights", weights, "--max-mb", 5, "--glossary", tmp_path / "terms.tsv", "--device", "cpu",
        "--min-confidence", 0.3,
    )  # fmt: skip
    [(running, (host, port))] = ends_at_once
    assert (code, said) == (
        0,
        f"iimt serves http://127.0.0.1:{port}/ (Ctrl-C ends it)\n",
    ) and host == "127.0.0.1"
    with testclient.TestClient(running.config.app, base_url=f"http://127.0.0.1:{port}") as client:
        assert f'data-bytes="{5 << 20}"' in client.get("/").text
        key = sent(client, encoded(noise(1)))
        assert done(client, key)["state"] == "done"
        data = json.loads(client.get(f"/pictures/{key}/sidecar").content)
        assert (data["weights"], data["iimt"], data["options"]["whole"]) == ("de-en", __version__, False)
    [(_, options)] = standin.Translator.calls
    assert options.min_confidence == 0.3 and options.glossary is not None and options.terms("Verträge")


def test_another_text_model(iimt: Run, weights: Path, stand_in: object, ends_at_once: list[Any]) -> None:
    code, said = iimt("serve", "--port", 0, "--weights", weights, "--translator", "rev", "--target", "fr")
    assert code == 0, said
    [(running, (_, port))] = ends_at_once
    with testclient.TestClient(running.config.app, base_url=f"http://127.0.0.1:{port}") as client:
        key = sent(client, encoded(noise(1)))
        assert done(client, key)["download"].endswith("-fr.png")
        assert json.loads(client.get(f"/pictures/{key}/sidecar").content)["target"] == "fr"
    [(_, options)] = standin.Translator.calls
    assert (options.source, options.target) == ("de", "fr") and options.text_model is not None
    code, said = iimt(
        "serve", "--weights", weights, "--translator", "rev", "--text-model", "a/b", "--port", 0
    )
    assert (code, said.count("\n")) == (2, 1) and "one of them can translate, not both" in said


def test_another_address_is_warned_about(
    iimt: Run, weights: Path, stand_in: object, ends_at_once: list[Any]
) -> None:
    code, said = iimt("serve", "--host", "0.0.0.0", "--port", 0, "--weights", weights)
    assert code == 0 and "iimt: warning: who can reach this machine over its network" in said
    code, said = iimt("serve", "--host", "localhost", "--port", 0, "--weights", weights)
    assert code == 0 and "warning" not in said
    code, said = iimt("serve", "--host", "no.such.host.invalid", "--weights", weights)
    assert (
        code == 1
        and said.startswith("iimt: --host no.such.host.invalid: no such address")
        and said.count("\n") == 1
    )


def test_a_port_that_is_taken(iimt: Run, weights: Path, stand_in: type[standin.Translator]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, said = iimt("serve", "--port", port, "--weights", weights)
    assert code == 1 and not stand_in.loaded
    assert (
        said
        == f"iimt: port {port} of 127.0.0.1: is used by another program; --port takes another, 0 any that is free\n"
    )


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_a_missing_package_says_how_to_install_it(
    iimt: Run, weights: Path, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "iimt_cli.serve.app", raising=False)
    monkeypatch.delitem(sys.modules, "iimt_cli.serve.guard", raising=False)
    code, said = iimt("serve", "--weights", weights)
    assert (code, said) == (1, "iimt: iimt serve needs Starlette and uvicorn: pip install 'iimt[serve]'\n")


def test_ctrl_c_is_the_usual_end(
    iimt: Run, weights: Path, stand_in: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    import uvicorn

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", interrupted)
    assert iimt("serve", "--port", 0, "--weights", weights)[0] == 0
    assert server.LOCAL == "127.0.0.1"
