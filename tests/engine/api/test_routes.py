"""The table of permissions, route by route, person by person, over the wire."""

from __future__ import annotations

import pytest

from engine.api.auth import Permission
from engine.api.routes import ROUTES, Route
from tests.engine.api.conftest import USERS, Serving, needs_root

IDS = [f"{route.method} {route.path}" for route in ROUTES]


@needs_root
@pytest.mark.parametrize("route", ROUTES, ids=IDS)
async def test_each_route_lets_in_who_its_line_names_and_nobody_else(serving: Serving, route: Route) -> None:
    """CVE-2026-63330: watching needs permission. CVE-2026-91167: so does giving roles (tokens, policy)."""
    for permission in Permission:
        may = not route.needs or permission in route.needs
        if route.path == "/engine/stop" and may:
            continue  # it would: see test_service
        status, answer = await serving.ask_as(USERS[permission], route.method, route.path.replace("{id}", "absent"))
        is_refused = status == 403 and f"{permission} may not {route.does}" in answer["error"]["message"]
        assert is_refused == (not may), (permission, status, answer)


def test_no_route_is_listed_twice() -> None:
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("path", ["/events", "/recordings", "/recordings/{id}"])
def test_the_record_is_for_auditors_alone(path: str) -> None:
    """CVE-2023-42442: no recording is served to whoever merely knows where it is."""
    assert [route.needs for route in ROUTES if route.path == path] == [{Permission.AUDITOR}]
