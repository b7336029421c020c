"""responses: other services are mocked, requests to the fake pass."""

import pytest
import requests
import responses


@responses.activate
def test_one_service_is_mocked_and_the_fake_is_not(sampan_account):
    responses.add_passthru(sampan_account.url)
    responses.get("http://other.test/", json={"mocked": True})
    record = sampan_account.wait_finished(sampan_account.create("a cat"))
    picture = requests.get(record["img_buffer"], timeout=20)
    assert picture.content.startswith(b"\x89PNG")
    assert requests.get("http://other.test/", timeout=20).json() == {"mocked": True}
    with pytest.raises(requests.ConnectionError):
        requests.get("http://third.test/", timeout=20)
