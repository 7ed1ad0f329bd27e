"""Encrypted connections: the server has to show a certificate of an authority that is trusted, for its own name."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from directives.cache.entry import CacheEntry
from directives.cache.handlers.redis import RedisHandler
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from directives.errors import StoreError
from tests.redis_server import RedisServer
from tests.redis_server import free_port

pytestmark = pytest.mark.slow

KEY = b"key"


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cache")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port of a server that speaks TLS, and its certificate."""
    certificate, key = write_certificate(tmp_path)
    port = free_port()
    files = [
        "--tls-cert-file",
        str(certificate),
        "--tls-key-file",
        str(key),
        "--tls-ca-cert-file",
        str(certificate),
    ]
    with RedisServer("--tls-port", str(port), *files, "--tls-auth-clients", "no"):
        yield port, certificate


def test_a_server_that_is_trusted(encrypted: tuple[int, Path]):
    """Threads and event loops both talk to it."""
    port, certificate = encrypted
    store = RedisHandler.open(f"rediss://127.0.0.1:{port}?ssl_ca_certs={certificate}&timeout=5")
    store.set(KEY, CacheEntry(CachedValue.of(1), store.now(), PROFILES["hours"]))
    assert store.get(KEY).entry.value.copy() == 1
    assert asyncio.run(store.asynchronous.get(KEY)).entry.value.copy() == 1
    store.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_is_not(encrypted: tuple[int, Path], host: str):
    """Because nobody vouches for it, or because its certificate is for another name: nothing is sent to it."""
    port, certificate = encrypted
    trusted = f"&ssl_ca_certs={certificate}" if host == "localhost" else ""
    for look in (RedisHandler.get, lambda store, key: asyncio.run(store.asynchronous.get(key))):
        store = RedisHandler.open(f"rediss://{host}:{port}?timeout=5{trusted}")
        with pytest.raises(StoreError, match="certificate"):
            look(store, KEY)
