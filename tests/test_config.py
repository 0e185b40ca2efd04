"""Settings: what they mean, what is refused, and that a refusal names its variable."""

import os
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest

from portal.config import BadSetting, Settings, variables
from portal.config.values import SECRET_LENGTH

KEY = "a-secret-of-thirty-two-characters-or-more"


@pytest.fixture
def read(tmp_path):
    """Read settings from the variables given, without PORTAL_, with an instance folder of the test's own."""

    def read(**values):
        environ = {"PORTAL_INSTANCE_DIR": str(tmp_path / "instance"), "PATH": "/bin"}
        return Settings.from_environment(environ | {f"PORTAL_{name}": value for name, value in values.items()})

    return read


@pytest.fixture
def production(read):
    def read_strict(**values):
        return read(**({"ENV": "production", "SECRET_KEY": KEY, "BASE_URL": "https://kith.example"} | values))

    return read_strict


def test_nothing_needs_to_be_set(read, tmp_path):
    settings = read()
    assert settings.env == "development"
    assert not settings.production
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/portal.db"
    assert (settings.host, settings.port, settings.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.mail_server is None
    assert settings.mail_from == "Kith <no-reply@127.0.0.1>"
    assert settings.clock is None
    assert settings.session_idle < settings.session_lifetime


def test_values_are_typed(read):
    settings = read(
        PORT="8123",
        CLOCK="2026-01-31T10:00:00+01:00",
        TRUSTED_PROXIES="2",
        SESSION_HOURS="4",
        UPLOAD_LIMIT_MB="2",
        LOG_LEVEL="debug",
        BASE_URL="https://portal.example.org/",
    )
    assert settings.port == 8123
    assert settings.clock == datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert settings.trusted_proxies == 2
    assert settings.session_lifetime == timedelta(hours=4)
    assert settings.upload_limit_bytes == 2 * 1024 * 1024
    assert settings.log_level == "DEBUG"
    assert settings.base_url == "https://portal.example.org"
    assert settings.cookies_secure, "people come by https"


def test_an_empty_value_is_no_value(read):
    assert read(PORT="", MAIL_URL=" ").port == 8000


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@db/portal", "postgresql+psycopg://u:p@db/portal"),
        ("postgres://u:p@db/portal", "postgresql+psycopg://u:p@db/portal"),
        ("postgresql+psycopg://u@db/portal", "postgresql+psycopg://u@db/portal"),
        ("sqlite:////data/portal.db", "sqlite:////data/portal.db"),
    ],
)
def test_database_addresses(read, given, used):
    assert read(DATABASE_URL=given).database_url == used


def test_sec63_a_new_instance_folder_is_its_owners_alone(read, tmp_path):
    made = read(INSTANCE_DIR=str(tmp_path / "new" / "instance")).instance_dir
    assert made.stat().st_mode & 0o777 == 0o700
    (tmp_path / "old").mkdir(mode=0o750)
    kept = read(INSTANCE_DIR=str(tmp_path / "old")).instance_dir
    assert kept.stat().st_mode & 0o777 == 0o750, "a folder of somebody's own stays as it is"


def test_a_relative_database_file_lies_in_the_instance_folder(read, tmp_path):
    assert read(DATABASE_URL="sqlite:///other.db").database_url == f"sqlite:///{tmp_path}/instance/other.db"


def test_mail_servers(read):
    plain = read(MAIL_URL="smtp://me%40here:p%2Fw@mail.example:2525").mail_server
    assert (plain.host, plain.port, plain.user, plain.password) == ("mail.example", 2525, "me@here", "p/w")
    assert not plain.tls
    assert not plain.starttls
    assert read(MAIL_URL="smtp://mail.example").mail_server.port == 25
    starttls = read(MAIL_URL="smtp://mail.example?starttls=1").mail_server
    assert (starttls.starttls, starttls.port) == (True, 587)
    tls = read(MAIL_URL="smtps://mail.example").mail_server
    assert (tls.tls, tls.port) == (True, 465)


BAD = [
    ("ENV", "prod"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "8e3"),
    ("PORT", "٣"),
    ("PORT", "9" * 5000),
    ("HOST", "here or there"),
    ("DATABASE_URL", "mysql://db/portal"),
    ("DATABASE_URL", "portal.db"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("BASE_URL", "portal.example.org"),
    ("BASE_URL", "https://portal.example.org/under"),
    ("BASE_URL", "https://portal.example.org:99999"),
    ("BASE_URL", "ftp://portal.example.org"),
    ("BASE_URL", "https://[::1"),
    ("MAIL_URL", "mail.example:25"),
    ("MAIL_URL", "smtp://mail.example:port"),
    ("MAIL_URL", "smtp://mail.example?tls=1"),
    ("MAIL_URL", "smtp://mail.example?starttls=maybe"),
    ("MAIL_URL", "smtps://mail.example?starttls=1"),
    ("MAIL_FROM", "Kith"),
    ("MAIL_FROM", "Kith <a@b.example>\nBcc: c@d.example"),
    ("MAIL_TIMEOUT", "0"),
    ("REDIS_URL", "localhost:6379"),
    ("CLOCK", "yesterday"),
    ("CLOCK", "2026-01-31T09:00:00"),
    ("COOKIES_SECURE", "perhaps"),
    ("TRUSTED_PROXIES", "-1"),
    ("SESSION_HOURS", "0"),
    ("SESSION_IDLE_MINUTES", "half"),
    ("UPLOAD_LIMIT_MB", "1.5"),
    ("CLAMAV_URL", "localhost:3310"),
    ("TICKETS_ADDRESS", "Support <support@example.org>"),
    ("IMAP_URL", "imap.example.org"),
    ("DEMO_PASSWORD", "short"),
    ("METRICS_TOKEN", "short"),
    ("LOG_LEVEL", "loud"),
    ("WEB_WORKERS", "0"),
    ("WEB_THREADS", "many"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_stops_the_start_with_its_name(read, name, value):
    with pytest.raises(BadSetting) as refusal:
        read(**{name: value})
    assert refusal.value.name == f"PORTAL_{name}"
    assert str(refusal.value).startswith(f"PORTAL_{name}: ")


def test_a_refusal_does_not_repeat_a_secret(read):
    with pytest.raises(BadSetting) as refusal:
        read(DATABASE_URL="mysql://root:hush@db/portal")
    assert "hush" not in str(refusal.value)


def test_settings_do_not_show_secrets(production):
    settings = production(MAIL_URL="smtps://me:hush@mail.example")
    assert KEY not in repr(settings)
    assert "hush" not in repr(settings) + repr(settings.mail_server)


def test_an_unknown_setting_is_refused_with_the_nearest_name(read):
    with pytest.raises(BadSetting, match="PORTAL_SECRETKEY: no such setting. Did you mean PORTAL_SECRET_KEY"):
        read(SECRETKEY=KEY)


def test_settings_of_the_tests_are_left_alone(read):
    assert read(TEST_POSTGRES_URL="anything").env == "development"


class TestProduction:
    def test_it_starts_with_a_secret_key(self, production):
        settings = production()
        assert settings.production
        assert settings.secret_key == KEY
        assert settings.cookies_secure

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("SECRET_KEY", ""),
            ("SECRET_KEY", "x" * 31),
            ("SECRET_KEY", "x" * 60),
            ("SECRET_KEY", "password" * 6),
            ("BASE_URL", "http://kith.example"),
            ("BASE_URL", "http://127.0.0.1:8000"),
            ("CLOCK", "2026-01-31T09:00:00Z"),
            ("COOKIES_SECURE", "off"),
            ("MAIL_URL", "smtp://me:hush@mail.example"),
        ],
    )
    def test_it_refuses(self, production, name, value):
        with pytest.raises(BadSetting) as refusal:
            production(**{name: value})
        assert refusal.value.name == f"PORTAL_{name}"

    def test_it_refuses_to_guess_its_address(self, read):
        """Links in mail would lead to each reader's own machine, and cookies by https would never come back."""
        with pytest.raises(BadSetting, match="^PORTAL_BASE_URL: must be set in production"):
            read(ENV="production", SECRET_KEY=KEY)

    @pytest.mark.parametrize(
        "url", ["smtp://mail.example", "smtp://me:hush@127.0.0.1", "smtp://me:hush@mail.example?starttls=1"]
    )
    def test_mail_without_an_exposed_password_is_fine(self, production, url):
        assert production(MAIL_URL=url).mail_server is not None


class TestSecretFiles:
    def test_a_secret_may_stand_in_a_file(self, read, tmp_path):
        (tmp_path / "key").write_text(KEY + "\n", encoding="utf-8")
        assert read(SECRET_KEY_FILE=str(tmp_path / "key")).secret_key == KEY

    def test_a_bad_value_in_a_file_names_its_setting(self, read, tmp_path):
        (tmp_path / "url").write_text("mysql://db", encoding="utf-8")
        with pytest.raises(BadSetting, match="^PORTAL_DATABASE_URL: "):
            read(DATABASE_URL_FILE=str(tmp_path / "url"))

    def test_a_missing_file_is_refused(self, read, tmp_path):
        with pytest.raises(BadSetting, match="^PORTAL_SECRET_KEY_FILE: cannot read .*No such file"):
            read(SECRET_KEY_FILE=str(tmp_path / "nowhere"))

    @pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
    def test_an_empty_or_unreadable_file_is_refused(self, read, tmp_path, content):
        (tmp_path / "key").write_bytes(content)
        with pytest.raises(BadSetting, match="^PORTAL_SECRET_KEY_FILE: "):
            read(SECRET_KEY_FILE=str(tmp_path / "key"))

    def test_both_at_once_are_refused(self, read, tmp_path):
        with pytest.raises(BadSetting, match="^PORTAL_SECRET_KEY_FILE: is set beside PORTAL_SECRET_KEY"):
            read(SECRET_KEY=KEY, SECRET_KEY_FILE=str(tmp_path / "key"))

    def test_only_secrets_come_from_files(self, read, tmp_path):
        with pytest.raises(BadSetting, match="^PORTAL_PORT_FILE: no such setting"):
            read(PORT_FILE=str(tmp_path / "port"))


class TestKeptSecret:
    """In development the key is made once and stays, so that a restart signs nobody out."""

    def test_it_is_kept_for_its_owner_alone(self, read, tmp_path):
        key = read().secret_key
        assert len(key) >= SECRET_LENGTH
        assert read().secret_key == key
        assert stat.S_IMODE((tmp_path / "instance" / "secret-key").stat().st_mode) == 0o600
        assert [path.name for path in (tmp_path / "instance").iterdir()] == ["secret-key"]

    def test_processes_that_start_together_agree(self, read):
        keys = set()
        threads = [threading.Thread(target=lambda: keys.add(read().secret_key)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(keys) == 1

    def test_tests_keep_none(self, read, tmp_path):
        assert read(ENV="test").secret_key != read(ENV="test").secret_key
        assert not (tmp_path / "instance" / "secret-key").exists()

    def test_an_instance_folder_that_cannot_be_made_is_named(self, read, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(BadSetting, match="^PORTAL_INSTANCE_DIR: cannot make"):
            read(INSTANCE_DIR=str(tmp_path / "file" / "below"))


class TestDotEnv:
    def test_the_environment_wins_over_the_file(self, tmp_path, monkeypatch):
        (tmp_path / ".env").write_text(
            f"PORTAL_INSTANCE_DIR={tmp_path}\nPORTAL_PORT=8111\nPORTAL_DEMO_PASSWORD='with $HOME in it'\n",
            encoding="utf-8",
        )
        monkeypatch.setattr(variables, "ROOT", tmp_path)
        for name in [name for name in os.environ if name.startswith("PORTAL_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PORTAL_WEB_THREADS", "9")
        assert Settings.from_environment().port == 8111
        assert Settings.from_environment().demo_password == "with $HOME in it"
        monkeypatch.setenv("PORTAL_PORT", "8222")
        settings = Settings.from_environment()
        assert (settings.port, settings.web_threads) == (8222, 9)


class TestFlaskConfig:
    def test_cookies(self, read, production):
        plain, secure = read().flask_config(), production().flask_config()
        assert (plain["SESSION_COOKIE_NAME"], plain["SESSION_COOKIE_SECURE"]) == ("portal", False)
        assert (secure["SESSION_COOKIE_NAME"], secure["SESSION_COOKIE_SECURE"]) == ("__Host-portal", True)
        for values in (plain, secure):
            assert values["SESSION_COOKIE_HTTPONLY"] is True
            assert values["SESSION_COOKIE_SAMESITE"] == "Lax"
            assert values["SESSION_COOKIE_PATH"] == "/"

    def test_mail(self, read):
        values = read(MAIL_URL="smtp://me:hush@mail.example?starttls=1").flask_config()
        assert (values["MAIL_SERVER"], values["MAIL_PORT"], values["MAIL_USE_TLS"]) == ("mail.example", 587, True)
        assert values["MAIL_SUPPRESS_SEND"] is False
        assert read().flask_config()["MAIL_SUPPRESS_SEND"] is True

    def test_the_settings_themselves_are_in_it(self, read):
        settings = read(UPLOAD_LIMIT_MB="3")
        values = settings.flask_config()
        assert values["PORTAL_SETTINGS"] is settings
        assert values["MAX_CONTENT_LENGTH"] == 3 * 1024 * 1024
        assert values["TESTING"] is False
