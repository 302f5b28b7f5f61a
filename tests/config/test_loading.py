"""Every mistake in the settings is named with file, line, key, value and what is allowed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.config import effective_settings, load_config, setting_place
from digest.errors import ConfigError

Write = Callable[[str], Path]

MINIMAL = '[publication]\nname = "La lettre"\n'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str) -> Path:
        file = tmp_path / "config.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write_file


def refusal(file: Path, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(file, environment=environment or {})
    return f"{caught.value.message} {caught.value.hint}"


def test_minimal_file_gets_every_default(write: Write) -> None:
    config = load_config(write(MINIMAL), environment={})
    assert config.publication.language == "fr"
    assert config.delivery.provider == "outbox"
    assert config.summary.limit == 400
    assert [named.name for named in config.lists] == ["main"]
    assert config.picture_mode == "embed"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["publication: is missing"]),
        ("[publication]\nlanguage = 'fr'\n", ["config.toml:1", "publication.name", "is missing"]),
        ("[publication]\nname = ''\n", ["config.toml:2", "publication.name", "is empty"]),
        (MINIMAL + "[delivry]\n", ["config.toml:3", "delivry", "Did you mean “delivery”?"]),
        (MINIMAL + "[summary]\nlimt = 3\n", ["config.toml:4", "limt", "Did you mean “limit”?"]),
        (MINIMAL + "[summary]\nzzz = 3\n", ["Known here: limit"]),
        (MINIMAL + "[summary]\nlimit = 'x'\n", ["summary.limit", "“x”", "a whole number"]),
        (MINIMAL + "[summary]\nlimit = true\n", ["found true", "a whole number"]),
        (MINIMAL + "[summary]\nlimit = 20\n", ["found 20", "from 80 to 2000"]),
        (MINIMAL + "[selection]\nper_source = -1\n", ["found -1", "0 or more"]),
        (MINIMAL + "summary = 3\n", ["publication.summary", "no such key"]),
        ("summary = 3\n" + MINIMAL, ["summary", "found 3", "Write it as a table"]),
        ("sources = 3\n" + MINIMAL, ["sources", "found 3", "[[sources]] tables"]),
        (MINIMAL + "[fetch]\nallow = 'a'\n", ["fetch.allow", "“a”", "a list in [ ]"]),
        (MINIMAL + "[fetch]\nallow = [1]\n", ["fetch.allow", "found 1", "text in quotes"]),
        (MINIMAL + "[fetch]\ntimeout = {}\n", ["found a table", "a number"]),
        (MINIMAL + "[fetch]\ntimeout = nan\n", ["found nan", "1 or more"]),
        (MINIMAL + "[summary]\nlimit = []\n", ["found a list"]),
        (MINIMAL + "[edition]\nweek = '2026-W99'\n", ["“2026-W99”", "2024-W25"]),
        (MINIMAL + "[edition]\napproval = 'requird'\n", ["auto, required", "“required”?"]),
        (MINIMAL + "[edition]\napproval = 1\n", ["found 1"]),
        (MINIMAL + "sender = 'not an address'\n", ["publication.sender", "lettre@example.org"]),
        (MINIMAL + 'postal_address = "a\\u0000b"\n', ["control character"]),
        (MINIMAL + "timezone = 'Europe/Pari'\n", ["Europe/Pari", "Europe/Paris"]),
        (MINIMAL + "timezone = '../etc'\n", ["../etc", "Europe/Paris"]),
        (MINIMAL + "[check]\nwarn_kb = 120\n", ["found 120", "Warn before failing"]),
        ("lists = []\n" + MINIMAL, ["lists: is empty"]),
        (MINIMAL + "[[lists]]\nname='a'\n[[lists]]\nname='a'\n", ["lists[1].name", "twice"]),
        (MINIMAL + "[[sources]]\nname='a'\nkind='feed'\n", ["“a”", "either url or path"]),
        (MINIMAL + "[[sources]]\nname='a'\nkind='files'\n", ["“a”", "has no path"]),
        (MINIMAL + "[[sources]]\nname='a'\nkind='feeed'\n", ["sources[0].kind", "“feeed”", "feed"]),
        (MINIMAL + "[[slots]]\nname='a'\nposition='main'\nlabel=' '\n", ["slots[0].label"]),
        (MINIMAL + "[[slots]]\nname='a'\nposition='top'\n", ["“top”", "presenting, main"]),
        (MINIMAL + "name = 'twice'\n", ["config.toml:3: not valid TOML", "name = 'twice'"]),
        ("[publication\n", ["config.toml:1: not valid TOML"]),
        (MINIMAL + "name = 'twice'\n", ["“name” has a value already"]),
        (
            MINIMAL + "[theme]\n[check]\n[theme]\n",
            ["config.toml:5", "[theme] stands in line 3 already", "merge the two tables"],
        ),
        (
            "theme = {}\n" + MINIMAL + "[theme]\ncorner = 6\n",
            ["config.toml:4", "[theme] stands in line 1 already"],
        ),
        (
            MINIMAL + "[theme]\nlight.ink = '#000000'\n[theme.light]\n",
            ["config.toml:5", "[theme.light] stands in the file", "merge the two tables"],
        ),
        (MINIMAL + 'sender = "a\\d"\n', ["Write \\\\ for \\", ""]),
        (MINIMAL + "sender = Ana\n", ["config.toml:3", "straight quotation marks"]),
        (MINIMAL + 'sender = "Le "Phare""\n', ["config.toml:3", "inside it write « »"]),
        (MINIMAL + "a sender\n", ["config.toml:3", "key = value"]),
        (MINIMAL + "[theme]\nlead = 60\n", ["config.toml:4: theme.lead", 'such as "17/28".']),
        (MINIMAL + "[theme]\ntext = [17, 28]\n", ["found a list", 'such as "17/28".']),
        (MINIMAL + "[theme]\nlead = '22/14'\n", ["config.toml:4", "“22/14”", 'such as "22/26"']),
        (MINIMAL + "[edition]\nweek = 25\n", ["text in quotes, such as last, current or"]),
        (MINIMAL + "[theme]\nlogo = 'https://x.example/a.png'\n", ["templates/logo.png, a file"]),
    ],
)
def test_mistake_is_named(write: Write, text: str, words: list[str]) -> None:
    told = refusal(write(text))
    for word in words:
        assert word in told


def test_setting_is_named_with_its_line_long_after_it_was_read(write: Write) -> None:
    config = load_config(write(MINIMAL + "[theme]\nlogo = 'a.png'\n"), environment={})
    assert setting_place(config, "theme.logo") == "config.toml:4: theme.logo"
    variables = {"DIGEST__THEME__LOGO": "b.png"}
    config = load_config(config.file, environment=variables)
    assert setting_place(config, "theme.logo") == "DIGEST__THEME__LOGO"
    config.file.unlink()
    assert setting_place(config, "theme.corner") == "config.toml: theme.corner"


def test_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    assert "digest init DIR" in refusal(tmp_path / "config.toml")


def test_folder_instead_of_file_is_said(tmp_path: Path) -> None:
    assert "directory" in refusal(tmp_path)


def test_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b'[publication]\nname = "Actualit\xe9s"\n')
    told = refusal(file)
    assert "config.toml:2" in told
    assert "0xe9" in told


def test_environment_overrides_the_file(write: Write) -> None:
    file = write(MINIMAL + "[delivery]\nprovider = 'smtp'\n")
    variables = {
        "DIGEST__DELIVERY__PROVIDER": "sendgrid",
        "DIGEST__DELIVERY__SENDGRID__SANDBOX": "true",
        "DIGEST__DELIVERY__SMTP__PORT": "25",
        "DIGEST__FETCH__ALLOW": "127.0.0.1:1, localhost",
        "UNRELATED": "x",
    }
    config = load_config(file, environment=variables)
    assert config.delivery.provider == "sendgrid"
    assert config.delivery.sendgrid.sandbox is True
    assert config.delivery.smtp.port == 25
    assert config.fetch.allow == ("127.0.0.1:1", "localhost")
    origins = {key: origin for key, _, origin in effective_settings(config)}
    assert origins["delivery.provider"] == "environment"
    assert origins["delivery.smtp.port"] == "environment"
    assert origins["publication.name"] == "file"
    assert origins["summary.limit"] == "default"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DIGEST__DELIVERY__PROVIDR", "x", ["Did you mean “provider”?"]),
        ("DIGEST__SUMMARY__LIMIT", "many", ["DIGEST__SUMMARY__LIMIT", "“many”", "whole number"]),
        ("DIGEST__PUBLICATION__TYPOGRAPHY", "maybe", ["“maybe”", "true or false"]),
        ("DIGEST__LISTS__X", "1", ["no such setting"]),
        ("DIGEST__NOTHING", "1", ["no such setting"]),
    ],
)
def test_mistake_in_the_environment_names_the_variable(
    write: Write, name: str, value: str, words: list[str]
) -> None:
    told = refusal(write(MINIMAL), {name: value})
    for word in [name, *words]:
        assert word in told


def test_override_below_a_value_is_refused(write: Write) -> None:
    told = refusal(write("summary = 3\n" + MINIMAL), {"DIGEST__SUMMARY__LIMIT": "200"})
    assert "DIGEST__SUMMARY__LIMIT" in told


def test_shown_settings_mask_the_password_of_an_address(write: Write) -> None:
    for secret in ("secret", "s3/cr@t"):
        url = f"postgresql+psycopg://ana:{secret}@host/db?sslpassword=hidden"
        config = load_config(write(MINIMAL + f"[store]\nurl = '{url}'\n"), environment={})
        shown = {key: value for key, value, _ in effective_settings(config)}
        assert shown["store.url"] == "postgresql+psycopg://ana:***@host/db?sslpassword=***"


def test_paths_start_at_the_file(write: Write, tmp_path: Path) -> None:
    config = load_config(write(MINIMAL), environment={})
    assert config.path("editions") == tmp_path / "editions"
    assert config.path("/var/x") == Path("/var/x")
    assert config.shown(config.path("editions/2026-W46")) == "editions/2026-W46"
    assert config.shown(Path("/var/x")) == "/var/x"


def test_publication_reached_through_a_link_shows_its_paths_short(
    write: Write, tmp_path: Path
) -> None:
    write(MINIMAL)
    link = tmp_path.with_name(f"{tmp_path.name}-link")
    link.symlink_to(tmp_path, target_is_directory=True)
    config = dataclasses.replace(load_config(link / "config.toml", environment={}), root=link)
    assert config.shown(link / "editions") == "editions"
    assert config.shown(tmp_path / "editions") == "editions"


def test_secret_comes_from_a_variable_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from digest.config.secrets import read_secret

    monkeypatch.delenv("KEY", raising=False)
    with pytest.raises(ConfigError, match="the key is missing"):
        read_secret("KEY", "the key")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secret("KEY", "the key")
    (tmp_path / "key").write_text("from file\n")
    assert read_secret("KEY", "the key") == "from file"
    monkeypatch.setenv("KEY", "from variable")
    assert read_secret("KEY", "the key") == "from variable"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[selection.weights]\nage = nan", "selection.weights.age: found nan"),
        ("[selection.weights]\nage = inf", "selection.weights.age: found inf"),
        ("[fetch]\ntimeout = inf", "fetch.timeout: found inf"),
        ("[selection]\nstories = 3\nfewest = 7", "found 7, above selection.stories = 3"),
        (
            '[[selection.quotas]]\nof = "source"\nname = "a"\nat_least = 3\nat_most = 1',
            "found 3, above at_most = 1",
        ),
        ('[edition]\nweek = "٢٠٢٦-W46"', "edition.week: found"),
        ('[[sources]]\nname = "a\\nb"\nkind = "files"\npath = "x"', "holds a line break"),
        ('[[sources]]\nname = "a"\nkind = "sitemap"', "the source “a” has no url"),
        ('[delivery.dkim]\ndomain = "example.org"', "delivery.dkim.selector: is missing beside"),
        (
            '[delivery.sendgrid]\napi_url = "http://api.sendgrid.com"',
            "delivery.sendgrid.api_url: found “http://api.sendgrid.com”",
        ),
        (
            '[delivery.sendgrid]\napi_url = "https://[broken"',
            "delivery.sendgrid.api_url: found “https://[broken”",
        ),
        (
            '[delivery.sendgrid]\napi_url = "https://api.eu.sendgrid.com/v3/"',
            "delivery.sendgrid.api_url: found “https://api.eu.sendgrid.com/v3/”",
        ),
        (
            '[delivery.sendgrid]\ncategories = ["lettre", "zoe@readers.example"]',
            "delivery.sendgrid.categories: found “zoe@readers.example”",
        ),
        (
            '[delivery.sendgrid]\ncategories = ["1","2","3","4","5","6","7","8","9"]',
            "delivery.sendgrid.categories: holds 9",
        ),
        (
            '[delivery.dkim]\nselector = "a"\nkey_file = "dkim.pem"',
            "delivery.dkim.domain: is missing beside the others",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(write: Write, text: str, words: str) -> None:
    assert words in refusal(write(f"{MINIMAL}{text}\n"))


SIGNING = """
[publication]
name = "Monde"
sender = "lettre@{sender}"
[delivery.dkim]
domain = "{domain}"
selector = "lettre2026"
key_file = "dkim.pem"
"""


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("example.org", "example.org"),
        ("lettre.Example.org", "example.ORG"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_signature_of_the_senders_domain_or_of_one_above_it_counts(
    write: Write, sender: str, domain: str
) -> None:
    file = write(SIGNING.format(sender=sender, domain=domain))
    assert load_config(file, environment={}).delivery.dkim.domain == domain


@pytest.mark.parametrize("domain", ["example.com", "ample.org", "lettre.example.org"])
def test_signature_of_another_domain_is_refused(write: Write, domain: str) -> None:
    refused = refusal(write(SIGNING.format(sender="example.org", domain=domain)))
    assert f"found “{domain}”, but the sender is of example.org" in refused
