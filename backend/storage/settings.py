"""Where Tanyu runs and keeps its data, read from the environment once."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One running Tanyu. Every variable starts with TANYU_, except DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="TANYU_", frozen=True)

    data_dir: Path = Path("var")
    """Chain state, database, deployment file and logs. TANYU_DATA_DIR."""

    port: int = Field(default=8000, ge=1, le=65535)
    """Where the API and the start page listen, on 127.0.0.1. TANYU_PORT."""

    rpc_url: str | None = None
    """Another network's node instead of the local chain. TANYU_RPC_URL."""

    chain_port: int | None = Field(default=None, ge=1, le=65535)
    """The local chain's port on 127.0.0.1; TANYU_PORT + 545 if not given. TANYU_CHAIN_PORT."""

    confirmations: int | None = Field(default=None, ge=0, le=256)
    """Blocks on top of a transaction before its outcome counts as final. TANYU_CONFIRMATIONS."""

    operator_keystore: Path | None = None
    """The operator's key on a real network: an Ethereum keystore file (version 3). TANYU_OPERATOR_KEYSTORE."""

    operator_password_file: Path | None = None
    """A file with the keystore's password. TANYU_OPERATOR_PASSWORD_FILE."""

    database_url_override: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """PostgreSQL or another database; SQLite in the data folder if not given. DATABASE_URL."""

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database_url_override or f"sqlite:///{self.data_dir / 'tanyu.db'}"

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
