"""A server whose parts have not begun is not ready, and says which."""

from pathlib import Path

import pytest

from backend.api.serve import LinkNotReady
from backend.chain.deployment import Deployment
from backend.chain.node import LocalNode
from tests.integration.settlement.conftest import new_tanyu
from tests.patience import until
from tests.web import TestClient


def test_ready__before_the_threads_run__names_link_and_market_and_then_it_is(
    node: LocalNode, deployment: Deployment, tmp_path: Path
) -> None:
    tanyu = new_tanyu(node.url, deployment, tmp_path)
    app = tanyu.app()
    with pytest.raises(LinkNotReady) as failure:
        tanyu._check_link()
    assert failure.value.code == "link.not_ready"
    idle = TestClient(app, base_url=tanyu.settings.base_url).get("/ready")
    assert idle.status_code == 503
    assert idle.json()["code"] == "service.not_ready"
    with TestClient(app, base_url=tanyu.settings.base_url) as running:
        until(lambda: running.get("/ready").status_code == 200, "the server to be ready")
        tanyu._check_link()
