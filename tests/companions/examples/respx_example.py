"""respx: other services are mocked, requests to the fake pass."""

import httpx
import respx


@respx.mock
def test_one_service_is_mocked_and_the_fake_is_not(sampan_account):
    respx.route(host="127.0.0.1").pass_through()
    respx.get("http://other.test/").respond(json={"mocked": True})
    record = sampan_account.wait_finished(sampan_account.create("a cat"))
    assert httpx.get(record["img_buffer"]).content.startswith(b"\x89PNG")
    assert httpx.get("http://other.test/").json() == {"mocked": True}
