"""C19, the client's side: a private result is kept by the client whose it is, in its memory, and by nobody else."""

from __future__ import annotations

from directives.client import Client
from tests.client.serving import served
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = """
    'use server'
    from directives.cache import client_may_keep, update_tag
    from directives.request import cookies
    runs: list[str] = []

    def _mine() -> list[str]:
        'use cache: private'
        runs.append(cookies()["who"])
        return [cookies()["who"]]

    @client_may_keep
    async def mine() -> list[str]:
        return _mine()

    async def change() -> None:
        update_tag("mine")
"""


def test_c19_a_client_keeps_its_own_private_results(load: Load) -> None:
    """Two users with the same arguments never see each other's; a new client begins without any."""
    with served(load, SHOP) as (server, client):
        for _ in range(2):
            karl, rosa = (Client(cookies={"who": who}) for who in ("karl", "rosa"))
            for _ in range(3):
                with karl:
                    assert client.mine.sync() == ["karl"]
                with rosa:
                    assert client.mine.sync() == ["rosa"]
        assert server.runs == ["karl", "rosa"] * 2


def test_c19_a_change_drops_what_the_client_keeps(load: Load) -> None:
    """The next call asks again; other clients' memories stay as they are."""
    with served(load, SHOP) as (server, client), Client(cookies={"who": "karl"}):
        client.mine.sync()
        client.change.sync()
        client.mine.sync()
        assert server.runs == ["karl", "karl"]
