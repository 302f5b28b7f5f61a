"""Pictures: small enough to travel, stripped of what they tell, and harmless to open."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
from PIL import Image
from tests.letters import make_placement, make_story, save_picture

from digest.errors import (
    ConfigError,
    ContentError,
    EditionFileError,
    SponsorshipError,
    StoreError,
)
from digest.model.edition import StoryPicture
from digest.render import pictures
from digest.render.pictures import MAX_BYTES, PictureDesk, content_id, letter_jpeg


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def desk(folder: Path, *, embed: bool = True, base_url: str = "") -> PictureDesk:
    return PictureDesk("2026-W46", folder, embed=embed, base_url=base_url)


def test_picture_is_cropped_to_twice_its_place_and_light(tmp_path: Path) -> None:
    content = letter_jpeg(save_picture(tmp_path / "a.png", (2400, 2400)), 536, 250)
    assert opened(content).size == (1072, 500)
    assert opened(content).format == "JPEG"
    assert len(content) <= MAX_BYTES


def test_small_picture_is_not_blown_up(tmp_path: Path) -> None:
    content = letter_jpeg(save_picture(tmp_path / "a.jpg", (600, 600)), 600, 400)
    assert opened(content).size == (600, 400)


def test_noise_still_fits(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    Image.effect_noise((1300, 900), 200).save(path)
    assert len(letter_jpeg(path, 600, 400)) <= MAX_BYTES


def test_where_and_with_what_it_was_taken_stays_at_home(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of somebody"
    exif[0x0112] = 6
    path = save_picture(tmp_path / "a.jpg", (1500, 1000), exif=exif)
    shown = opened(letter_jpeg(path, 300, 400))
    assert not shown.getexif()
    assert "exif" not in shown.info
    assert shown.size == (600, 800)


def test_picture_taken_sideways_stands_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (400, 200), "white")
    image.paste("black", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    shown = opened(letter_jpeg(tmp_path / "a.png", 100, 200)).convert("L")
    assert shown.getpixel((100, 20)) < 30
    assert shown.getpixel((100, 380)) > 225


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "CMYK", "L", "1"])
def test_every_kind_of_colour_is_read(tmp_path: Path, mode: str) -> None:
    suffix = "jpg" if mode == "CMYK" else "png"
    path = tmp_path / f"a.{suffix}"
    Image.new(mode, (300, 300)).save(path)
    assert opened(letter_jpeg(path, 100, 100)).mode == "RGB"


def test_transparent_ground_becomes_white(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(path)
    assert min(opened(letter_jpeg(path, 100, 100)).getpixel((50, 50))) > 250


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a", b"\xff\xd8\xff\xe0broken"])
def test_what_is_no_picture_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(ContentError) as caught:
        letter_jpeg(path, 100, 100)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_truncated_picture_says_so(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ContentError, match="cannot be read"):
        letter_jpeg(path, 100, 100)


def test_missing_picture_says_so(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no such file"):
        letter_jpeg(tmp_path / "none.jpg", 100, 100)


@pytest.mark.parametrize("side", [8_000, 9_600, 14_000])
def test_decompression_bomb_is_not_opened(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (100, 100)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = side.to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    path.write_bytes(bytes(content))
    with pytest.raises(ContentError, match="million pixels"):
        letter_jpeg(path, 100, 100)


def test_embedded_picture_is_named_by_its_content_id(tmp_path: Path) -> None:
    save_picture(tmp_path / "pictures/a.jpg")
    story = make_story(1, picture=StoryPicture("pictures/a.jpg", "Un quai"))
    at = desk(tmp_path)
    shown = at.story(story, 600, 400)
    assert shown is not None
    assert at.story(story, 600, 400) == shown
    [picture] = at.embedded
    assert shown.src == "cid:" + content_id(picture.name, "2026-W46")
    assert shown.src.endswith("@2026-w46.digest")
    assert (shown.width, shown.height, shown.alt) == (600, 400, "Un quai")


def test_changed_picture_gets_another_name(tmp_path: Path) -> None:
    story = make_story(1, picture=StoryPicture("a.jpg", "Un quai"))
    save_picture(tmp_path / "a.jpg", (1500, 1000))
    before = desk(tmp_path).story(story, 600, 400)
    save_picture(tmp_path / "a.jpg", (1500, 1400))
    assert desk(tmp_path).story(story, 600, 400) != before


def test_linked_picture_is_written_where_its_address_leads(tmp_path: Path) -> None:
    folder = tmp_path / "2026-W46"
    save_picture(folder / "a.jpg")
    at = desk(folder, embed=False, base_url="https://pictures.example/l/")
    story = make_story(1, picture=StoryPicture("a.jpg", "Un quai"))
    shown = at.story(story, 600, 400)
    assert shown is not None
    assert at.embedded == ()
    name = shown.src.removeprefix("https://pictures.example/l/")
    written = tmp_path / name
    assert opened(written.read_bytes()).size == (1200, 800)
    moment = written.stat().st_mtime_ns
    at.story(story, 600, 400)
    assert written.stat().st_mtime_ns == moment


def test_linked_picture_without_address_is_a_setting_to_make(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    story = make_story(1, picture=StoryPicture("a.jpg", "Un quai"))
    with pytest.raises(ConfigError, match="image_base_url"):
        desk(tmp_path, embed=False).story(story, 600, 400)


def test_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    (tmp_path / "pictures").write_text("a file stands where the folder should")
    story = make_story(1, picture=StoryPicture("a.jpg", "Un quai"))
    with pytest.raises(StoreError, match="cannot be written"):
        desk(tmp_path, embed=False, base_url="https://pictures.example").story(story, 600, 400)


def test_no_picture_is_none_and_an_unfetched_one_too(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert at.story(make_story(1), 600, 400) is None
    away = make_story(1, picture=StoryPicture("https://example.org/a.jpg", "Un quai"))
    assert at.story(away, 600, 400) is None
    assert at.creative(make_placement(), 536, 200) is None


def test_errors_name_the_story_and_the_creative(tmp_path: Path) -> None:
    story = make_story(4, picture=StoryPicture("a.jpg", "Un quai"))
    with pytest.raises(EditionFileError) as of_story:
        desk(tmp_path).story(story, 600, 400)
    assert f"story 4 “{story.title}”" in of_story.value.message
    placement = make_placement(picture=str(tmp_path / "b.jpg"))
    with pytest.raises(SponsorshipError) as of_creative:
        desk(tmp_path).creative(placement, 536, 200)
    assert "slot “main”, Maison Orme, creative “lampe”" in of_creative.value.message


def test_creatives_picture_is_shown_at_its_place(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "b.jpg")
    placement = make_placement(picture=str(path), alt="Une lampe")
    shown = desk(tmp_path / "elsewhere").creative(placement, 536, 200)
    assert shown is not None
    assert "slot-main" in shown.src


def test_picture_too_fine_for_any_quality_is_made_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", 4_000)
    path = tmp_path / "noise.png"
    Image.effect_noise((700, 500), 200).save(path)
    content = letter_jpeg(path, 300, 200)
    assert len(content) <= 4_000
    width, height = opened(content).size
    assert width < 600
    assert width / height == pytest.approx(1.5, abs=0.05)
