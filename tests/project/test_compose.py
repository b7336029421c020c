"""``docker-compose.yml``, read as far as that goes without an engine."""

from __future__ import annotations

from typing import Any

import yaml

from sampan.fake_server.cli import main
from sampan.fake_server.store.database_url import database_url
from tests.support.paths import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_fake_takes_its_options_and_asks_for_a_url_without_a_password() -> None:
    command = COMPOSE["services"]["fake"]["command"]
    context = main.commands["serve"].make_context("serve", list(command))
    assert context.params["workers"] > 1
    url = database_url(context.params["data"])
    assert url is not None
    assert str(url) == url.secret == "postgresql://sampan@database/sampan"


def test_every_service_that_is_waited_for_and_every_build_argument_is_there() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        for name in service.get("build", {}).get("args", ()):
            assert f"\nARG {name}=" in (ROOT / "Dockerfile").read_text()
    assert set(COMPOSE["configs"]) == {each["source"] for each in services["port"]["configs"]}
