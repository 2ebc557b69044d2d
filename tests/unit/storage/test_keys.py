"""The key store: keys are kept wrapped, made once, and destroyed for good."""

import stat
from pathlib import Path

import pytest

from backend.storage.keys import KeyDestroyed, KeyMissing, KeyStore, KeyUnreadable, decrypt, encrypt

ALICE, BOB = b"a" * 32, b"b" * 32


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_key__asked_for_again__is_the_same_and_another_for_another_name(tmp_path: Path) -> None:
    first = KeyStore(tmp_path / "keys").key_or_new(ALICE)
    again = KeyStore(tmp_path / "keys")
    assert (again.key(ALICE), len(first)) == (first, 32)
    assert again.key_or_new(ALICE) == first
    assert again.key_or_new(BOB) != first


def test_files__on_disk__are_the_owners_only_and_hold_no_key_in_clear(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys", tmp_path / "elsewhere" / "master.key")
    key = store.key_or_new(ALICE)
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in found] == [0o600, 0o600]
    assert not any(key in data or key.hex().encode() in data for data in files_of(tmp_path).values())


def test_key__never_made__is_missing(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing) as caught:
        KeyStore(tmp_path / "keys").key(ALICE)
    assert caught.value.code == "keys.missing"


def test_master_key__lost_or_another__opens_nothing_and_makes_nothing_new(tmp_path: Path) -> None:
    KeyStore(tmp_path / "keys").key_or_new(ALICE)
    master = tmp_path / "keys" / "master.key"
    master.unlink()
    with pytest.raises(KeyMissing):
        KeyStore(tmp_path / "keys").key_or_new(BOB)
    master.write_text("00" * 32)
    with pytest.raises(KeyUnreadable) as caught:
        KeyStore(tmp_path / "keys").key(ALICE)
    assert caught.value.code == "keys.unreadable"
    for nonsense in ("not hex", "00" * 31):
        master.write_text(nonsense)
        with pytest.raises(KeyUnreadable):
            KeyStore(tmp_path / "keys").key(ALICE)


def test_key_file__under_another_name__does_not_open(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    store.key_or_new(ALICE)
    store.key_or_new(BOB)
    folder = tmp_path / "keys"
    of = {name: folder / name.hex()[:2] / f"{name.hex()}.key" for name in (ALICE, BOB)}
    of[ALICE].write_bytes(of[BOB].read_bytes())
    with pytest.raises(KeyUnreadable):
        store.key(ALICE)


def test_destroy__a_key__is_for_good_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    store.key_or_new(ALICE)
    path = next((tmp_path / "keys").glob("??/*.key"))
    wrapped = path.read_bytes()
    path.with_name(f"{path.name}.0000.part").write_bytes(wrapped)  # as a crash while it was made leaves it
    store.destroy(ALICE)
    store.destroy(ALICE)
    assert not any(wrapped in data for data in files_of(tmp_path).values())
    assert store.is_destroyed(ALICE)
    for ask in (store.key, store.key_or_new):
        with pytest.raises(KeyDestroyed) as caught:
            ask(ALICE)
        assert caught.value.code == "keys.destroyed"


def test_destroy__killed_after_the_marker__the_key_is_destroyed_already(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    store.key_or_new(ALICE)
    next((tmp_path / "keys").glob("??/*.key")).with_suffix(".destroyed").touch()
    with pytest.raises(KeyDestroyed):
        store.key(ALICE)


def test_decrypt__anything_is_another__opens_nothing() -> None:
    sealed = encrypt(ALICE, b"what was used", b"its row")
    assert decrypt(ALICE, sealed, b"its row") == b"what was used"
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, data, bound in ((BOB, sealed, b"its row"), (ALICE, flipped, b"its row"), (ALICE, sealed, b"another")):
        with pytest.raises(ValueError, match="does not open"):
            decrypt(key, data, bound)
