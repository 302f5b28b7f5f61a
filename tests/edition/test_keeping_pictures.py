"""Pictures are copied beside the edition; what cannot be shown is left out and told, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.letters import save_picture

from digest.config.settings import FetchSettings
from digest.edition.pictures import keep_pictures
from digest.errors import StoreError
from digest.model.content import Article, Picture
from digest.net import Fetcher


def article(location: str, name: str = "phare") -> Article:
    return Article(
        source="s",
        url=f"https://example.org/{name}",
        title="Le phare",
        picture=Picture(location, "Un phare", "Le phare au soir.", "Photo : Ida Brun"),
    )


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A server's address, and what it answers by path."""
    files: dict[str, bytes] = {}

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", files
    server.shutdown()
    thread.join(5)
    server.server_close()


def fetcher(**settings: Any) -> Fetcher:
    settings = {"allow": ("127.0.0.1",), "timeout": 10.0, **settings}
    return Fetcher(FetchSettings(**settings), version="1")


def test_picture_of_this_machine_is_copied_with_its_words(tmp_path: Path) -> None:
    file = save_picture(tmp_path / "Le Phare.JPG", (300, 200), format="JPEG")
    kept, problems = keep_pictures([article(str(file))], tmp_path / "edition", None)
    [picture] = kept.values()
    assert problems == []
    assert (picture.alt, picture.caption, picture.credit) == (
        "Un phare",
        "Le phare au soir.",
        "Photo : Ida Brun",
    )
    assert (tmp_path / "edition" / picture.file).read_bytes() == file.read_bytes()
    assert picture.file.startswith("pictures/le-phare-")


def test_fetched_picture_is_there_for_the_next_build_offline(
    tmp_path: Path, served: tuple[str, dict[str, bytes]]
) -> None:
    address, files = served
    files["/a.jpg"] = save_picture(tmp_path / "a.jpg", (300, 200)).read_bytes()
    wanted = [article(f"{address}/a.jpg")]
    first = keep_pictures(wanted, tmp_path / "edition", fetcher())
    assert first == keep_pictures(wanted, tmp_path / "edition", None)
    assert first[1] == []
    [file] = (tmp_path / "edition/pictures").iterdir()
    written = file.stat().st_mtime_ns
    keep_pictures(wanted, tmp_path / "edition", fetcher())
    assert file.stat().st_mtime_ns == written


def test_hostile_picture_is_left_out_and_stops_nothing(
    tmp_path: Path, served: tuple[str, dict[str, bytes]]
) -> None:
    address, files = served
    whole = save_picture(tmp_path / "a.jpg", (300, 200)).read_bytes()
    Image.new("1", (9_000, 9_000)).save(tmp_path / "bomb.png")
    files |= {
        "/cut.jpg": whole[: len(whole) // 2],
        "/drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "/sound.webp": b"RIFF\x00\x00\x00\x00WAVEfmt ",
        "/page.jpg": b"<html>Connectez-vous</html>",
        "/bomb.png": (tmp_path / "bomb.png").read_bytes(),
        "/large.jpg": whole + bytes(200_000),
    }
    names = [*sorted(files), "/none.jpg"]
    kept, problems = keep_pictures(
        [article(address + name, name) for name in names],
        tmp_path / "edition",
        fetcher(max_bytes=200_000),
    )
    assert kept == {}
    assert not (tmp_path / "edition").exists()
    told = "\n".join(problems)
    assert len(problems) == len(names)
    for word in ("SVG drawing", "million pixels", "truncated", "larger than", "404", "known kind"):
        assert word in told


def test_private_address_is_not_asked_for_a_picture(tmp_path: Path) -> None:
    kept, problems = keep_pictures(
        [article("http://127.0.0.1:9/a.jpg")], tmp_path, fetcher(allow=())
    )
    assert kept == {}
    assert "private or reserved address" in problems[0]


def test_article_without_picture_and_file_that_is_gone(tmp_path: Path) -> None:
    bare = Article(source="s", url="https://example.org/a", title="Sans image")
    kept, problems = keep_pictures([bare, article(str(tmp_path / "a.jpg"))], tmp_path, None)
    assert kept == {}
    assert problems == ["picture of “Le phare” left out: there is no file a.jpg"]


def test_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    file = save_picture(tmp_path / "a.jpg", (300, 200))
    (tmp_path / "edition").write_text("a file stands where the folder should")
    with pytest.raises(StoreError, match="cannot be written"):
        keep_pictures([article(str(file))], tmp_path / "edition", None)
