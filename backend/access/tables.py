"""What the database keeps of sign-in: nonces handed out, sessions by the digest of their token, API keys by id,
and the signed requests that were taken of late.
"""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, Bytes32, UtcTime


class NonceRow(SQLModel, table=True):
    """A nonce handed out and not yet used; using it deletes the row."""

    __tablename__ = "access_nonce"

    nonce: str = Field(primary_key=True, max_length=32)
    expires_at: datetime = Field(sa_column=Column(UtcTime, nullable=False, index=True))


class SessionRow(SQLModel, table=True):
    """A session. The token itself is never stored: a stolen database signs nobody in."""

    __tablename__ = "access_session"

    token_digest: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    address: str = Field(sa_column=Column(Address, nullable=False, index=True))
    created_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcTime, nullable=False, index=True))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


class ApiKeyRow(SQLModel, table=True):
    """An API key. Its secret is never stored: it is derived from the id by a master secret kept elsewhere."""

    __tablename__ = "access_api_key"

    id: str = Field(primary_key=True, max_length=32)
    account: str = Field(sa_column=Column(Address, nullable=False, index=True))
    name: str = Field(max_length=64)
    scopes: str = Field(max_length=32)
    """Words with spaces between."""
    created_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


class TakenRequestRow(SQLModel, table=True):
    """A request that an API key signed and that changes something, kept as long as it could be sent again."""

    __tablename__ = "access_taken_request"

    signature: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    taken_at: datetime = Field(sa_column=Column(UtcTime, nullable=False, index=True))
