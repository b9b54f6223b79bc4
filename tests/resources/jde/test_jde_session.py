"""Login, its signals, and log out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fake_ais import PASSWORD, FakeAis

from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import (
    LoginRefused,
    NotAllowed,
    Refused,
    SystemProblem,
    Unavailable,
    UnusableInput,
)
from connector_resources.jde import JdeClient

Connect = Callable[..., JdeClient]
pytestmark = pytest.mark.usefixtures("ledger")


def logins(ais: FakeAis) -> list[Any]:
    return [body for _, path, body in ais.requests if path.endswith("/tokenrequest")]


def test_login_sends_environment_role_and_device_and_is_closed_again(ais: FakeAis, connect: Connect) -> None:
    with connect() as client:
        assert client.count("F0411") == 25
        assert client.count("F0411") == 25
        assert ais.tokens
    assert logins(ais) == [
        {
            "username": "INTEGRATION",
            "password": PASSWORD,
            "environment": "JPD920",
            "role": "*ALL",
            "deviceName": "ml-connector",
        }
    ]
    assert ais.tokens == set()
    with pytest.raises(UnusableInput, match="closed"):
        client.count("F0411")


def test_one_new_login_for_all_threads_when_the_token_dies(ais: FakeAis, connect: Connect) -> None:
    client = connect(limits={"in_flight": 8})
    client.count("F0411")
    barrier = threading.Barrier(8)
    ais.expire()

    def work(_: int) -> int:
        barrier.wait()
        return client.count("F0411")

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == [25] * 8
    assert len(logins(ais)) == 2


def test_a_token_that_is_never_accepted_ends_after_one_new_login(ais: FakeAis, connect: Connect) -> None:
    client = connect(limits={"retries": 0})
    ais.before = lambda method, path, body: (444, {"message": "Invalid Token"}) if "dataservice" in path else None
    with pytest.raises(Unavailable, match=r"rejected a token .*Invalid Token"):
        client.count("F0411")
    assert len(logins(ais)) == 2


def test_403_on_a_call_means_one_new_login_then_not_allowed_for_good(ais: FakeAis, connect: Connect) -> None:
    client = connect()
    ais.forbidden = {"F0411"}
    for _ in range(3):
        with pytest.raises(NotAllowed, match="count F0411: erp does not allow it: Not authorized") as reported:
            client.count("F0411")
        assert reported.value.fix
    assert len(logins(ais)) == 2
    assert client.count("F0101") == 1


def test_403_of_a_token_that_died_is_healed_by_a_new_login(ais: FakeAis, connect: Connect) -> None:
    client = connect()
    client.count("F0411")
    answers: list[Any] = [(403, {"message": "Authorization Failure"})]
    ais.before = lambda method, path, body: answers.pop() if answers and "dataservice" in path else None
    assert client.count("F0411") == 25
    client.close()
    assert ais.tokens == set(), "the session that was left after the 403 is logged out too"


def test_a_wrong_password_is_tried_once(ais: FakeAis, connect: Connect) -> None:
    client = connect(password="wrong")
    for _ in range(3):
        with pytest.raises(LoginRefused, match="refused the login: Authorization Failure"):
            client.count("F0411")
    assert len(logins(ais)) == 1


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (405, NotAllowed, "HTML .JAS. server"),
        (445, LoginRefused, "single sign-on"),
        (446, LoginRefused, "single sign-on"),
        (415, Refused, "Content-Type"),
        (400, Refused, "answered 400"),
        (404, UnusableInput, "ends in /jderest"),
    ],
)
def test_answers_of_the_login_are_told_apart(
    ais: FakeAis, connect: Connect, status: int, kind: type[Exception], words: str
) -> None:
    ais.before = lambda method, path, body: (status, "<html><h1>Error</h1></html>")
    with pytest.raises(kind, match=words) as reported:
        connect().count("F0411")
    if status == 405:
        assert isinstance(reported.value, NotAllowed)
        assert "Allowed Hosts" in reported.value.fix
    assert len(ais.requests) == 1


def test_a_login_is_tried_again_while_the_server_starts(ais: FakeAis, connect: Connect) -> None:
    answers: list[Any] = [(503, "<html>starting</html>"), (500, {"message": "COSE#1007 server down"})]
    ais.before = lambda method, path, body: answers.pop() if answers else None
    assert connect().count("F0411") == 25


@pytest.mark.parametrize("key", ["environment", "role"])
def test_another_environment_or_role_than_asked_for_is_no_login(ais: FakeAis, connect: Connect, key: str) -> None:
    setattr(ais, key, "OTHER")
    client = connect()
    with pytest.raises(NotAllowed, match=f"opened {key} OTHER although"):
        client.count("F0411")
    client.close()
    assert ais.tokens == set()
    assert not ais.paths("dataservice")


def test_without_an_environment_the_servers_default_is_taken(ais: FakeAis, connect: Connect) -> None:
    ais.environment = "JDV920"
    assert connect(environment=None).count("F0411") == 25
    assert "environment" not in logins(ais)[0]


def test_a_login_without_a_token_is_no_login(ais: FakeAis, connect: Connect) -> None:
    ais.before = lambda method, path, body: (200, {"userInfo": {}, "username": "X"})
    with pytest.raises(SystemProblem, match="without a token"):
        connect().count("F0411")


def test_a_missing_credential_names_the_command() -> None:
    connection = JdeConnection(name="erp", url="http://127.0.0.1:1/jderest")
    with pytest.raises(UnusableInput, match=r"credential 'password' is missing.*credentials set erp"):
        JdeClient(connection, {"username": "U", "password": ""})


def test_no_secret_in_texts(ais: FakeAis, connect: Connect) -> None:
    client = connect(limits={"retries": 0})
    client.count("F0411")
    token = ais.given[0]
    ais.before = lambda method, path, body: (400, {"message": f"bad {token} {PASSWORD}", "token": token})
    with pytest.raises(Refused) as reported:
        client.count("F0411")
    for text in (str(reported.value), repr(client), repr(client._login.current(client._http))):
        assert token not in text
        assert PASSWORD not in text


def test_a_date_format_that_changes_under_way_stops_the_client(ais: FakeAis, connect: Connect) -> None:
    client = connect()
    client.count("F0411")
    ais.java_pattern = "MM/dd/yyyy"
    ais.expire()
    with pytest.raises(UnusableInput, match="date format changed"):
        client.count("F0411")


def test_v1_sites_are_called_without_a_prefix(ais: FakeAis, connect: Connect) -> None:
    with connect(api_version="v1", page_size=10) as client:
        assert sum(len(rows) for rows in client.browse("F0411", columns=["AG"])) == 25
    assert not any("/v2/" in path for _, path, _ in ais.requests)
