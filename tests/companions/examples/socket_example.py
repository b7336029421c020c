"""pytest-socket: no test reaches anything but this machine. Run with --allow-hosts=127.0.0.1."""

import httpx
import pytest
from pytest_socket import SocketConnectBlockedError

from sampan import Admin, asgi_app


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_the_fake_is_reached_and_nothing_else(sampan_account):
    record = sampan_account.wait_finished(sampan_account.create("a cat"))
    assert httpx.get(record["img_buffer"]).content.startswith(b"\x89PNG")
    with pytest.raises(SocketConnectBlockedError):
        httpx.get("http://192.0.2.1/")


def test_the_live_address_is_redirected(sampan_account, sampan_redirect):
    assert httpx.get(f"{sampan_redirect}/openapi.json").status_code == 200


def test_without_a_socket():
    account = Admin(asgi_app()).account("t")
    assert account.find().total == 0
