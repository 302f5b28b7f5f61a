"""Pictures: small enough to travel, stripped of what they tell, and harmless to open."""

from __future__ import annotations

import io
import zlib
from base64 import b64decode
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageDraw, features
from tests.letters import (
    make_config,
    make_edition,
    make_placement,
    make_story,
    save_picture,
    with_picture,
)

from digest.config.settings import PictureMode
from digest.errors import (
    ConfigError,
    ContentError,
    StoreError,
)
from digest.model.edition import StoryPicture
from digest.render.letter import render_letter
from digest.render.pictures import retouching
from digest.render.pictures.desk import PictureDesk, picture_limit
from digest.render.pictures.retouching import Place, retouched

#: Bytes of a picture, at most.
LIMIT = 80_000

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
GREY_BLUE = pytest.approx((90, 120, 150), abs=3)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def made(path: Path, width: int, height: int, limit: int = LIMIT) -> bytes:
    return retouched(path, Place(width, height, limit)).content


def desk(folder: Path, mode: PictureMode = "embed", base_url: str = "") -> PictureDesk:
    return PictureDesk("2026-W46", folder, mode=mode, base_url=base_url, limit=LIMIT)


def test_picture_is_cropped_to_twice_its_place_and_light(tmp_path: Path) -> None:
    content = made(save_picture(tmp_path / "a.png", (2400, 2400)), 536, 250)
    assert opened(content).size == (1072, 500)
    assert opened(content).format == "JPEG"
    assert len(content) <= LIMIT


def test_small_picture_is_not_blown_up(tmp_path: Path) -> None:
    content = made(save_picture(tmp_path / "a.jpg", (600, 600)), 600, 400)
    assert opened(content).size == (600, 400)


def test_noise_still_fits(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    Image.effect_noise((1300, 900), 200).save(path)
    assert len(made(path, 600, 400)) <= LIMIT


def test_where_and_with_what_it_was_taken_stays_at_home(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of somebody"
    exif[0x0112] = 6
    path = save_picture(tmp_path / "a.jpg", (1500, 1000), exif=exif)
    shown = opened(made(path, 300, 400))
    assert not shown.getexif()
    assert "exif" not in shown.info
    assert shown.size == (600, 800)


def colour(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    """A point's, one number a band."""
    found = image.getpixel(at)
    return found if isinstance(found, tuple) else (int(found or 0),)


def test_picture_taken_sideways_stands_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (400, 200), "white")
    image.paste("black", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    shown = opened(made(tmp_path / "a.png", 100, 200)).convert("L")
    assert colour(shown, (100, 20))[0] < 30
    assert colour(shown, (100, 380))[0] > 225


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "CMYK", "L", "1", "I;16"])
def test_every_kind_of_colour_is_read(tmp_path: Path, mode: str) -> None:
    suffix = "jpg" if mode == "CMYK" else "png"
    path = tmp_path / f"a.{suffix}"
    Image.new(mode, (300, 300)).save(path)
    assert opened(made(path, 100, 100)).convert("RGB").getpixel((9, 9)) in (BLACK, WHITE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_whatever_it_was_the_letter_gets_what_every_mail_program_shows(
    tmp_path: Path, kind: str
) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    path = save_picture(tmp_path / "a", (900, 600), format=kind)
    assert opened(made(path, 300, 200)).format in ("JPEG", "PNG")


def test_grey_of_sixteen_bits_keeps_its_tones(tmp_path: Path) -> None:
    Image.new("I;16", (300, 300), 32_768).save(tmp_path / "a.png")
    shown = opened(made(tmp_path / "a.png", 100, 100)).convert("L")
    assert shown.getpixel((9, 9)) == pytest.approx(128, abs=2)


def test_animation_stands_still_at_its_first_picture(tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (300, 300), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    shown = opened(made(tmp_path / "a.gif", 100, 100))
    assert getattr(shown, "n_frames", 1) == 1
    red, _, blue = colour(shown.convert("RGB"), (9, 9))
    assert red > 200 > 50 > blue


def other_profile() -> bytes:
    """The profile of a screen whose red and blue lamps have changed places."""
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = usual.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "aRGB".encode("utf-16-be"))


def test_colours_of_another_profile_are_those_of_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (300, 300), (200, 0, 0)).save(path, icc_profile=other_profile())
    shown = opened(made(path, 100, 100))
    assert "icc_profile" not in shown.info
    red, _, blue = colour(shown.convert("RGB"), (9, 9))
    assert blue > 150 > 50 > red


@pytest.mark.parametrize("profile", [b"no profile", b""])
def test_profile_that_says_nothing_changes_nothing(tmp_path: Path, profile: bytes) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (300, 300), (90, 120, 150)).save(path, icc_profile=profile)
    assert opened(made(path, 100, 100)).convert("RGB").getpixel((9, 9)) == GREY_BLUE


def test_usual_profile_is_left_out(tmp_path: Path) -> None:
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "a.png"
    Image.new("RGB", (300, 300), (90, 120, 150)).save(path, icc_profile=usual)
    shown = opened(made(path, 100, 100))
    assert shown.convert("RGB").getpixel((9, 9)) == GREY_BLUE
    assert "icc_profile" not in shown.info


def test_what_is_written_into_a_picture_stays_at_home(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.jpg", comment=b"for Ida only")
    assert b"Ida" in path.read_bytes()
    assert b"Ida" not in made(path, 300, 200)


def test_transparent_ground_becomes_white(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(path)
    assert opened(made(path, 100, 100)).convert("RGB").getpixel((50, 50)) == WHITE


def drawn_map(path: Path) -> Path:
    """Land, sea, a border, some towns: flat colours with soft edges."""
    image = Image.new("RGB", (2400, 1600), "#DCE7EE")
    draw = ImageDraw.Draw(image)
    draw.polygon([(300, 200), (2000, 400), (1700, 1400), (500, 1200)], fill="#F3EBDD")
    draw.line([(300, 200), (2000, 400), (1700, 1400)], fill="#8899AA", width=9)
    for town in range(5):
        draw.ellipse([600 + town * 200, 600, 640 + town * 200, 640], fill="#A6163F")
    image.save(path)
    return path


def test_map_stays_sharp_and_gets_lighter_as_png(tmp_path: Path) -> None:
    content = made(drawn_map(tmp_path / "a.png"), 600, 400)
    assert opened(content).format == "PNG"
    assert opened(content).size == (1200, 800)
    red, green, blue = colour(opened(content).convert("RGB"), (310, 310))
    assert (red, green, blue) == pytest.approx((0xA6, 0x16, 0x3F), abs=16)


def test_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    for file in (drawn_map(tmp_path / "a.png"), save_picture(tmp_path / "b.jpg")):
        first = made(file, 600, 400)
        retouching._retouched.cache_clear()
        assert made(file, 600, 400) == first


def test_picture_made_once_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save_picture(tmp_path / "a.jpg")
    story = make_story(1, picture=StoryPicture("a.jpg", "Un quai"))
    first = desk(tmp_path).story(story, 600, 400)
    opened_again: list[object] = []
    monkeypatch.setattr(Image, "open", opened_again.append)
    assert desk(tmp_path).story(story, 600, 400) == first
    assert opened_again == []
    monkeypatch.undo()
    save_picture(file, (1500, 1200))
    assert desk(tmp_path).story(story, 600, 400) != first


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"GIF89a", b"\xff\xd8\xff\xe0broken", b"RIFF\x00\x00\x00\x00WAVE"]
)
def test_what_is_no_picture_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(ContentError, match="cannot be read as a picture") as caught:
        made(path, 100, 100)
    assert str(path) not in caught.value.message, "whoever names the file knows how it is called"
    assert caught.value.hint


@pytest.mark.parametrize(
    "content",
    [b"<svg/>", b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg">'],
)
def test_drawing_of_vectors_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.svg"
    path.write_bytes(content)
    with pytest.raises(ContentError, match="SVG drawing") as caught:
        made(path, 100, 100)
    assert "PNG" in caught.value.hint


def test_folder_or_endless_name_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no ordinary file"):
        made(tmp_path, 100, 100)
    with pytest.raises(ContentError, match="cannot be read"):
        made(tmp_path / ("a" * 300), 100, 100)


def test_enormous_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(ContentError, match="larger than 20 MB"):
        made(path, 100, 100)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0" + b"\xff" * 20,
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0",
    ],
)
def test_damage_in_what_a_camera_wrote_hides_no_picture(tmp_path: Path, exif: bytes) -> None:
    save_picture(tmp_path / "a.jpg", exif=exif)
    assert opened(made(tmp_path / "a.jpg", 300, 200)).size == (600, 400)


def test_truncated_picture_says_so(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ContentError, match="cannot be read"):
        made(path, 100, 100)


def test_missing_picture_says_so(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="does not exist"):
        made(tmp_path / "none.jpg", 100, 100)


@pytest.mark.parametrize("side", [8_000, 9_600, 14_000])
def test_decompression_bomb_is_not_opened(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (100, 100)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = side.to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    path.write_bytes(bytes(content))
    with pytest.raises(ContentError, match="million pixels"):
        made(path, 100, 100)


def test_embedded_picture_is_named_by_its_content_id(tmp_path: Path) -> None:
    save_picture(tmp_path / "pictures/a.jpg")
    story = make_story(1, picture=StoryPicture("pictures/a.jpg", "Un quai"))
    at = desk(tmp_path)
    shown = at.story(story, 600, 400)
    assert shown is not None
    assert at.story(story, 600, 400) == shown
    [picture] = at.embedded
    assert shown.src == "cid:" + picture.content_id("2026-W46")
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
    at = desk(folder, mode="link", base_url="https://pictures.example/l/")
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
        desk(tmp_path, mode="link").story(story, 600, 400)


def test_linked_picture_of_a_letter_that_left_stays_where_it_was(tmp_path: Path) -> None:
    story = make_story(1, picture=StoryPicture("a.jpg", "Un quai"))
    names = []
    for size in ((1500, 1000), (1500, 1200)):
        save_picture(tmp_path / "a.jpg", size)
        shown = desk(tmp_path, "link", "https://pictures.example").story(story, 600, 400)
        assert shown is not None
        names.append(shown.src.rpartition("/")[2])
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == sorted(set(names))
    assert len(set(names)) == 2


def test_linked_picture_that_was_cut_off_is_written_whole_again(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    story = make_story(1, picture=StoryPicture("a.jpg", "Un quai"))
    at = desk(tmp_path, "link", "https://pictures.example")
    at.story(story, 600, 400)
    [file] = (tmp_path / "pictures").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    at.story(story, 600, 400)
    assert file.read_bytes() == whole


def test_inline_picture_stands_in_the_html_itself(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    at = desk(tmp_path, "inline")
    shown = at.story(make_story(1, picture=StoryPicture("a.jpg", "Un quai")), 600, 400)
    assert shown is not None
    kind, _, encoded = shown.src.partition(";base64,")
    assert kind == "data:image/jpeg"
    assert opened(b64decode(encoded)).size == (1200, 800)
    assert at.embedded == ()


def test_logo_keeps_its_ratio_and_its_transparent_ground(tmp_path: Path) -> None:
    logo = Image.new("RGBA", (960, 240), (0, 0, 0, 0))
    ImageDraw.Draw(logo).ellipse([40, 40, 900, 200], fill="#A6163F")
    logo.save(tmp_path / "logo.png")
    at = desk(tmp_path / "edition")
    shown = at.logo(tmp_path / "logo.png", 240, "La Lettre")
    assert shown is not None
    assert (shown.width, shown.height, shown.alt) == (240, 60, "La Lettre")
    [picture] = at.embedded
    assert picture.content_type == "image/png"
    assert picture.name.endswith(".png")
    image = opened(picture.content).convert("RGBA")
    assert image.size == (480, 120)
    assert colour(image, (0, 0))[3] == 0
    assert len(picture.content) <= 20_000


def test_logo_of_many_tones_is_made_to_fit(tmp_path: Path) -> None:
    noise = Image.effect_noise((960, 240), 200)
    Image.merge("RGBA", (noise, noise.rotate(90), noise, noise)).save(tmp_path / "logo.png")
    at = desk(tmp_path)
    assert at.logo("logo.png", 240, "La Lettre") is not None
    [picture] = at.embedded
    assert len(picture.content) <= 20_000
    assert opened(picture.content).mode in ("RGBA", "P")


def test_opaque_logo_needs_no_png(tmp_path: Path) -> None:
    save_picture(tmp_path / "logo.jpg", (960, 240))
    at = desk(tmp_path)
    assert at.logo("logo.jpg", 240, "La Lettre") is not None
    assert at.embedded[0].content_type == "image/jpeg"


def test_logo_that_is_missing_is_a_setting_to_mend(tmp_path: Path) -> None:
    assert desk(tmp_path).logo("", 240, "La Lettre") is None
    with pytest.raises(ConfigError, match=r"theme\.logo: logo\.png does not exist"):
        desk(tmp_path).logo("logo.png", 240, "La Lettre")


def test_picture_in_a_text_keeps_its_ratio_unless_told(tmp_path: Path) -> None:
    save_picture(tmp_path / "pictures/b.jpg", (1500, 750))
    at = desk(tmp_path)
    free, cropped = (at.inside("pictures/b.jpg", "Un pont", 536, height) for height in (0, 250))
    assert free is not None
    assert cropped is not None
    assert (free.width, free.height, free.alt) == (536, 268, "Un pont")
    assert cropped.height == 250
    assert at.inside("", "", 536, 0) is None
    assert at.inside("https://example.org/a.jpg", "Un pont", 536, 0) is None
    assert list(at.left_out) == []
    assert at.inside("pictures/c.jpg", "Un pont", 536, 0) is None
    assert [one.file for one in at.left_out] == ["pictures/c.jpg"]


@pytest.mark.parametrize(
    ("pictures", "limit"), [(0, 80_000), (10, 80_000), (13, 61_538), (1_000, 10_000)]
)
def test_each_picture_has_its_fair_share_of_the_letters_weight(pictures: int, limit: int) -> None:
    assert picture_limit(80_000, 800_000, pictures) == limit


def test_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    (tmp_path / "pictures").write_text("a file stands where the folder should")
    story = make_story(1, picture=StoryPicture("a.jpg", "Un quai"))
    with pytest.raises(StoreError, match="cannot be written"):
        desk(tmp_path, mode="link", base_url="https://pictures.example").story(story, 600, 400)


@pytest.mark.parametrize(
    ("provider", "images", "mode"),
    [
        ("outbox", "auto", "embed"),
        ("smtp", "auto", "link"),
        ("smtp", "embed", "embed"),
        ("smtp", "inline", "inline"),
        ("outbox", "link", "link"),
    ],
)
def test_settings_say_how_pictures_are_referred_to(provider: str, images: str, mode: str) -> None:
    assert make_config(provider=provider, images=images).picture_mode == mode


def test_letter_that_is_set_again_opens_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_picture(tmp_path / "a.jpg")
    edition = with_picture(make_edition(12, 4), range(1, 13), "a.jpg")
    placement = make_placement(picture=str(tmp_path / "a.jpg"), alt="Une lampe")
    first = render_letter(edition, [placement], make_config(), tmp_path)
    assert first.pictures
    opened_again: list[object] = []
    monkeypatch.setattr(Image, "open", opened_again.append)
    monkeypatch.setattr(Image.Image, "save", lambda *_, **__: opened_again.append("saved"))
    assert render_letter(edition, [placement], make_config(), tmp_path) == first
    assert opened_again == []


def test_letter_of_many_pictures_keeps_its_weight_in_all(tmp_path: Path) -> None:
    Image.effect_noise((1300, 900), 200).save(tmp_path / "a.png")
    edition = with_picture(make_edition(5), range(1, 6), "a.png")
    letter = render_letter(edition, [], make_config(pictures_kb=100), tmp_path)
    assert letter.pictures
    assert all(len(picture.content) <= 20_000 for picture in letter.pictures)


def test_no_picture_is_none_and_an_unfetched_one_too(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert at.story(make_story(1), 600, 400) is None
    away = make_story(1, picture=StoryPicture("https://example.org/a.jpg", "Un quai"))
    assert at.story(away, 600, 400) is None
    assert at.creative(make_placement(), 536, 200) is None


def test_picture_that_cannot_be_made_is_left_out_and_remembered_once(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    at = desk(tmp_path)
    for width in (600, 300):
        story = make_story(4, picture=StoryPicture("a.jpg", "Un quai"))
        assert at.story(story, width, 400) is None
    placement = make_placement(picture=str(tmp_path / "b.jpg"))
    assert at.creative(placement, 536, 200) is None
    gone, broken = at.left_out
    assert (gone.file, gone.fault) == ("a.jpg", "does not exist")
    assert broken.file == str(tmp_path / "b.jpg")
    assert "cannot be read as a picture" in broken.fault
    assert gone.hint
    assert broken.hint


def test_creatives_picture_is_shown_at_its_place(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "b.jpg")
    placement = make_placement(picture=str(path), alt="Une lampe")
    shown = desk(tmp_path / "elsewhere").creative(placement, 536, 200)
    assert shown is not None
    assert "slot-main" in shown.src


def test_picture_too_fine_for_any_quality_is_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    Image.effect_noise((700, 500), 200).save(path)
    content = made(path, 300, 200, 4_000)
    assert len(content) <= 4_000
    width, height = opened(content).size
    assert width < 600
    assert width / height == pytest.approx(1.5, abs=0.05)
