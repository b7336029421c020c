"""vcrpy: what the fake answered is recorded once, and replayed without it."""

import requests
import vcr


def find(url, token):
    answer = requests.post(
        f"{url}/jobs/find", json={}, headers={"authorization": f"Bearer {token}"}, timeout=5
    )
    return answer.json()["data"]


def test_a_cassette_of_the_fake(sampan_account, tmp_path):
    url, token = sampan_account.url, sampan_account.token
    sampan_account.create("a cat")
    cassette = str(tmp_path / "find.yaml")
    with vcr.use_cassette(cassette) as recorded:
        first = find(url, token)
        assert recorded.play_count == 0
    sampan_account.create("a dog")
    with vcr.use_cassette(cassette, record_mode="none") as replayed:
        assert find(url, token) == first
        assert replayed.play_count == 1
    assert find(url, token)["total"] == 2


def test_the_handles_pass_a_cassette_that_ignores_this_machine(sampan_account, tmp_path):
    with vcr.VCR(ignore_localhost=True).use_cassette(str(tmp_path / "none.yaml")) as cassette:
        sampan_account.wait_finished(sampan_account.create("a cat"))
        sampan_account.admin.advance("1s")
    assert len(cassette) == 0
