"""The key store: one random key for each person, home and vehicle, kept apart from the data that it opens.

A key is a file of its own, wrapped (AES-256-GCM) by the master key. Destroying one writes a marker first, then
overwrites and removes the file: so a crash in between leaves it destroyed, and a name that was destroyed never gets a
key again, whatever backup of the database comes back. Files and not a database: no journal and no free page keeps a key
alive.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.kernel.errors import Gone, Unavailable

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_HEAD_BYTES = NONCE_BYTES + TAG_BYTES
_FILE_BYTES = _HEAD_BYTES + KEY_BYTES


class KeyDestroyed(Gone):
    """The key was destroyed with an erasure: what it sealed can never be read again."""

    code = "keys.destroyed"

    def __init__(self) -> None:
        super().__init__("this was erased; its key was destroyed and nobody can read it any more")


class KeyMissing(Unavailable):
    """The key store has no such key: it is not the one that this database was written with."""

    code = "keys.missing"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"the key store {folder} lacks a key that the database needs; give the one it was written with "
            "(TANYU_KEYS_DIR, TANYU_KEYS_MASTER_FILE)",
            folder=str(folder),
        )


class KeyUnreadable(Unavailable):
    """A key or the master key is damaged, or the master key is another one."""

    code = "keys.unreadable"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no key that the master key opens", file=str(path))


def encrypt(key: bytes, plain: bytes, bound: bytes) -> bytes:
    """Nonce, tag and ciphertext (AES-256-GCM). `bound` is authenticated with it and must be given to open it."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain, bound)
    return nonce + sealed[-TAG_BYTES:] + sealed[:-TAG_BYTES]


def decrypt(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """What `encrypt` was given. Raises ValueError if anything of key, ciphertext and `bound` is another."""
    nonce, tag, hidden = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:_HEAD_BYTES], sealed[_HEAD_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, hidden + tag, bound)
    except InvalidTag as failure:
        raise ValueError("it does not open") from failure


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _put_new(path: Path, data: bytes) -> None:
    """Makes a file that is there whole or not at all, readable by its owner only. Who comes second changes nothing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(opened, data)
        os.fsync(opened)
    finally:
        os.close(opened)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    _sync_folder(path.parent)


def secret_file(path: Path) -> bytes:
    """The 32 secret bytes of a file, made on first use, readable by its owner only. Raises KeyUnreadable."""
    if not path.exists():
        _put_new(path, secrets.token_hex(KEY_BYTES).encode())
    try:
        found = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError as failure:
        raise KeyUnreadable(path) from failure
    if len(found) != KEY_BYTES:
        raise KeyUnreadable(path)
    return found


class KeyStore:
    """A folder of keys by name; a name is 32 bytes that tell nothing."""

    def __init__(self, folder: Path, master_file: Path | None = None) -> None:
        self.folder = folder
        self.master_file = master_file or folder / "master.key"
        self._master_key: bytes | None = None

    def _master(self) -> bytes:
        if self._master_key is None:
            if not self.master_file.exists() and any(self.folder.glob("??/*.key")):
                raise KeyMissing(self.folder)
            self._master_key = secret_file(self.master_file)
        return self._master_key

    def _path(self, name: bytes) -> Path:
        return self.folder / name.hex()[:2] / f"{name.hex()}.key"

    def _marker(self, name: bytes) -> Path:
        return self._path(name).with_suffix(".destroyed")

    def key(self, name: bytes) -> bytes:
        """The key of a name: 32 bytes. Raises KeyDestroyed, KeyMissing, KeyUnreadable."""
        if self.is_destroyed(name):
            raise KeyDestroyed
        path = self._path(name)
        try:
            wrapped = path.read_bytes()
        except FileNotFoundError as failure:
            raise KeyMissing(self.folder) from failure
        try:
            return decrypt(self._master(), wrapped, name)
        except ValueError as failure:
            raise KeyUnreadable(path) from failure

    def key_or_new(self, name: bytes) -> bytes:
        """The key of a name, made if it has none; durable before anything can be sealed with it. Raises as `key`."""
        if self.is_destroyed(name):
            raise KeyDestroyed
        if not self._path(name).exists():
            _put_new(self._path(name), encrypt(self._master(), secrets.token_bytes(KEY_BYTES), name))
        return self.key(name)

    def is_destroyed(self, name: bytes) -> bool:
        """Whether the key of a name was destroyed."""
        return self._marker(name).exists()

    def destroy(self, name: bytes) -> None:
        """Destroys a key for good; again does nothing more. What a disk or a backup of this folder still holds of the
        file is beyond us: hence a short life for backups of it (docs/THREATS.md).
        """
        path = self._path(name)
        _put_new(self._marker(name), b"")
        for found in (path, *path.parent.glob(f"{path.name}.*.part")):  # a part is left by a crash while it was made
            with suppress(FileNotFoundError):
                opened = os.open(found, os.O_WRONLY)
                try:
                    os.write(opened, secrets.token_bytes(_FILE_BYTES))
                    os.fsync(opened)
                finally:
                    os.close(opened)
                found.unlink()
        _sync_folder(path.parent)
