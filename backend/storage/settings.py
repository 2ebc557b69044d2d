"""Where Tanyu runs and keeps its data, read from the environment once."""

import os
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from backend.kernel.errors import InvalidInput

PORT_MAX = 65535


def with_driver(url: str) -> str:
    """A database URL with our driver named: by `postgresql://`, as everybody writes it, psycopg is meant."""
    scheme, mark, rest = url.partition("://")
    return f"postgresql+psycopg{mark}{rest}" if mark and scheme in {"postgresql", "postgres"} else url


class SettingInvalid(InvalidInput):
    """An environment variable that sets up Tanyu holds what it may not."""

    code = "settings.invalid"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}", setting=name, why=why)


class DataFolderUnusable(InvalidInput):
    """The data folder cannot be made, or not written into."""

    code = "settings.data_folder_unusable"

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"TANYU_DATA_DIR: {folder} cannot be used: {why}", folder=str(folder), why=why)


class Settings(BaseSettings):
    """One running Tanyu. Every variable starts with TANYU_, except DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="TANYU_", frozen=True)

    data_dir: Path = Path("var")
    """Chain state, database, deployment file and logs. TANYU_DATA_DIR."""

    port: int = Field(default=8000, ge=1, le=PORT_MAX)
    """Where the API and the pages listen, on 127.0.0.1. TANYU_PORT."""

    rpc_url: str | None = None
    """Another network's node instead of the local chain. TANYU_RPC_URL."""

    chain_port: int | None = Field(default=None, ge=1, le=PORT_MAX)
    """The local chain's port on 127.0.0.1; TANYU_PORT + 545 if not given. TANYU_CHAIN_PORT."""

    address_points_per_s: int = Field(default=1000, ge=1, le=1_000_000_000)
    """What one network address may ask a second, in the points of GET /limits. TANYU_ADDRESS_POINTS_PER_S."""

    account_points_per_s: int = Field(default=100, ge=1, le=1_000_000_000)
    """The same for one account. TANYU_ACCOUNT_POINTS_PER_S."""

    confirmations: int | None = Field(default=None, ge=0, le=256)
    """Blocks on top of a transaction before its outcome counts as final. TANYU_CONFIRMATIONS."""

    operator_keystore: Path | None = None
    """The operator's key on a real network: an Ethereum keystore file (version 3). TANYU_OPERATOR_KEYSTORE."""

    operator_password_file: Path | None = None
    """A file with the keystore's password. TANYU_OPERATOR_PASSWORD_FILE."""

    keys_dir: Path | None = None
    """The key store, whose keys open what the database keeps sealed; `keys` beside an SQLite file, else in the data
    folder, if not given. Keep its backups apart from the database's. TANYU_KEYS_DIR."""

    keys_master_file: Path | None = None
    """The key that wraps the others; `master.key` in the key store if not given. TANYU_KEYS_MASTER_FILE."""

    database_url_override: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """PostgreSQL or another database; SQLite in the data folder if not given. DATABASE_URL."""

    @classmethod
    def of_environment(cls) -> Self:
        """The settings as the environment has them. Raises SettingInvalid."""
        try:
            found = cls()
        except ValidationError as failure:
            first = failure.errors()[0]
            name = str(first["loc"][0])
            raise SettingInvalid(
                name if name == "DATABASE_URL" else f"TANYU_{name.upper()}", f"{first['msg']}, not {first['input']!r}"
            ) from failure
        if found.local_chain_port > PORT_MAX:
            raise SettingInvalid(
                "TANYU_CHAIN_PORT", f"{found.local_chain_port} is no port; set it, or a lower TANYU_PORT"
            )
        try:
            make_url(found.database_url).get_dialect().import_dbapi()
        except (ArgumentError, ImportError) as failure:  # no URL, a database nobody knows, a driver that is not here
            raise SettingInvalid("DATABASE_URL", f"it names no database that can be used here: {failure}") from failure
        return found

    def make_data_dir(self) -> None:
        """Makes the data folder unless it is there. Raises DataFolderUnusable."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as failure:
            raise DataFolderUnusable(self.data_dir, failure.strerror or type(failure).__name__) from failure
        if not os.access(self.data_dir, os.W_OK | os.X_OK):
            raise DataFolderUnusable(self.data_dir, "it may not be written into")

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return with_driver(self.database_url_override or "") or f"sqlite:///{self.data_dir / 'tanyu.db'}"

    @property
    def base_url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def local_chain_port(self) -> int:
        """The local chain's port: given, or 545 above the server's (8000 and 8545), so two checkouts stay apart."""
        return self.chain_port or self.port + 545

    @property
    def deployment_path(self) -> Path:
        """The deployment file: addresses, ABI digests, chain id, genesis hash, block."""
        return self.data_dir / "deployment.json"

    @property
    def chain_state_path(self) -> Path:
        """The local chain's state."""
        return self.data_dir / "chain.json"
