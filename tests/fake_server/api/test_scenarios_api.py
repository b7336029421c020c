"""Each scenario as a client meets it, armed by a marker, by the control API and from Python."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
import pytest
from PIL import Image, UnidentifiedImageError

from sampan import Admin
from sampan.fake_server.jobs.scenarios import SCENARIOS
from tests.support.controls import Control
from tests.support.examples import sampled
from tests.support.fakes import JSON, Caller, Fake, envelope, refused

MakeFake = Callable[..., Fake]
WAYS = ("marker", "control", "python")


@dataclass(frozen=True)
class Client:
    """A client of the fake, for one submission with a scenario."""

    control: Control
    caller: Caller
    way: str
    name: str

    def submit(self, argument: int | None = None) -> httpx.Response:
        """createJob, with the scenario armed in one of the three ways."""
        prompt = "A cat"
        if self.way == "marker":
            prompt += f" --fake {self.name}" + ("" if argument is None else f"={argument}")
        elif self.way == "control":
            given = {} if argument is None else {"argument": argument}
            self.control.post("scenarios", scenario=self.name, account="abc", times=1, **given)
        else:
            admin = Admin(self.control.fake.app, account="abc")
            try:
                admin.scenario(self.name, argument, times=1)
            finally:
                admin.close()
        return self.caller.post("/jobs/create", {"content": prompt})

    def accepted(self, argument: int | None = None) -> str:
        """The hash of the job; the clock stands from now on."""
        body = envelope(self.submit(argument))
        assert body["errno"] == 0, body
        self.control.post("clock/freeze")
        return str(body["data"])

    def finished(self, argument: int | None = None) -> JSON:
        """The record when the job has just finished."""
        hash = self.accepted(argument)
        self.control.advance(2000)
        record = self.caller.record(hash)
        assert record["status"] == 2000
        return record

    def states(self, hash: str, ms: int = 6000) -> list[tuple[int, int | None]]:
        """What a poll every 50 ms sees, each state once."""
        seen = []
        for _ in range(ms // 50):
            record = self.caller.record(hash)
            seen.append((record["status"], record["pct_prog"]))
            self.control.advance(50)
        return list(dict.fromkeys(seen))

    def get(self, link: str) -> httpx.Response:
        return self.control.fake.get(link.removeprefix("http://fake.test"))


USUAL = [(0, None), *((1000, n) for n in (0, 15, 31, 46, 62, 78, 93)), (2000, None)]


def slow(client: Client) -> None:
    hash = client.accepted(3)
    client.control.advance(5999)
    assert client.caller.record(hash)["status"] == 1000
    client.control.advance(1)
    assert client.caller.record(hash)["status"] == 2000


def stuck(client: Client) -> None:
    hash = client.accepted(46)
    assert client.states(hash) == USUAL[:5]
    client.control.advance("12h")
    assert client.caller.record(hash)["pct_prog"] == 46


def no_progress(client: Client) -> None:
    assert client.states(client.accepted()) == [(0, None), (1000, None), (2000, None)]


def fail(client: Client) -> None:
    hash = client.accepted(62)
    assert client.states(hash) == [*USUAL[:6], (4000, None)]
    assert client.caller.record(hash)["error"] == "job failed"
    assert client.caller.record(hash)["img_buffer"] is None


def banned(client: Client) -> None:
    hash = client.accepted()
    assert client.states(hash) == [(0, None), (4000, None)]
    assert client.caller.record(hash)["error"] == "banned prompt"


def refused_at_once(client: Client) -> None:
    assert refused(client.submit()) == 301
    assert client.caller.find() == []


def altered_prompt(client: Client) -> None:
    record = client.finished()
    assert record["msg_display"].startswith("A cat")
    assert record["msg_content"].startswith("a cat")
    assert record["msg_content"].endswith(", tasteful")
    assert record["error"] == "altered prompt"


def image_denied(client: Client) -> None:
    record = client.finished()
    for key in ("img_buffer", "img_thumb", "original_url"):
        assert client.get(record[key]).status_code == 403


def plan_required(client: Client) -> None:
    assert refused(client.submit()) == 411
    assert client.caller.find() == []


def service_error(client: Client) -> None:
    response = client.submit()
    assert envelope(response) == {"errno": 501, "errmsg": "SERVICE_ERROR"}
    assert client.caller.find() == []


def find_lag(client: Client) -> None:
    hash = client.accepted(3000)
    client.control.advance(2999)
    assert client.caller.found() == {"res": [], "total": 0}
    client.control.advance(1)
    assert client.caller.record(hash)["status"] == 2000


def image_missing(client: Client) -> None:
    record = client.finished()
    for key in ("img_buffer", "img_thumb", "original_url"):
        assert client.get(record[key]).status_code == 404


def image_late(client: Client) -> None:
    record = client.finished(3000)
    client.control.advance(2999)
    assert client.get(record["img_buffer"]).status_code == 404
    client.control.advance(1)
    assert client.get(record["img_buffer"]).status_code == 200


def image_expired(client: Client) -> None:
    record = client.finished(3000)
    client.control.advance(2999)
    assert client.get(record["img_buffer"]).status_code == 200
    client.control.advance(1)
    assert client.get(record["img_buffer"]).status_code == 403


def image_truncated(client: Client) -> None:
    record = client.finished()
    data = client.get(record["img_buffer"]).content
    assert len(data) == record["img_length"] // 2
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(data)).load()


def image_corrupt(client: Client) -> None:
    record = client.finished()
    data = client.get(record["img_buffer"]).content
    assert len(data) == record["img_length"]
    with pytest.raises((OSError, SyntaxError, UnidentifiedImageError)):
        Image.open(io.BytesIO(data)).load()


def thumb_missing(client: Client) -> None:
    record = client.finished()
    assert client.get(record["img_thumb"]).status_code == 404
    assert client.get(record["img_buffer"]).status_code == 200


def webp(client: Client) -> None:
    hash = client.accepted()
    client.control.advance(1000)
    preview = client.get(client.caller.record(hash)["img_prog"])
    assert preview.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(preview.content)).format == "PNG"
    client.control.advance(1000)
    record = client.caller.record(hash)
    assert record["img_format"] == "webp"
    for key in ("img_buffer", "img_thumb", "original_url"):
        response = client.get(record[key])
        assert response.headers["content-type"] == "image/webp"
        picture = Image.open(io.BytesIO(response.content))
        assert picture.format == "WEBP"
    data = client.get(record["img_buffer"]).content
    assert len(data) == record["img_length"]
    assert Image.open(io.BytesIO(data)).size == (record["img_width"], record["img_height"])


def out_of_order(client: Client) -> None:
    states = client.states(client.accepted())
    progress = [percent for status, percent in states if status == 1000]
    assert progress != sorted(p for p in progress if p is not None)
    assert sorted(p for p in progress if p is not None) == [0, 15, 31, 46, 62, 78, 93]
    assert states[-1] == (2000, None)


def token_expires(client: Client) -> None:
    hash = client.accepted()
    client.control.advance(999)
    assert client.caller.record(hash)["status"] == 1000
    client.control.advance(1)
    assert refused(client.caller.post("/jobs/find", {})) == 430
    again = client.control.fake.login()
    client.control.advance(1000)
    assert again.record(hash)["status"] == 2000
    assert refused(client.caller.post("/jobs/find", {})) == 430


def queue_full(client: Client) -> None:
    assert refused(client.submit()) == 501
    assert client.caller.find() == []


CHECKS: Mapping[str, Callable[[Client], None]] = {
    "slow": slow,
    "stuck": stuck,
    "no-progress": no_progress,
    "fail": fail,
    "banned": banned,
    "refused": refused_at_once,
    "altered-prompt": altered_prompt,
    "image-denied": image_denied,
    "plan-required": plan_required,
    "service-error": service_error,
    "find-lag": find_lag,
    "image-missing": image_missing,
    "image-late": image_late,
    "image-expired": image_expired,
    "image-truncated": image_truncated,
    "image-corrupt": image_corrupt,
    "thumb-missing": thumb_missing,
    "webp": webp,
    "out-of-order": out_of_order,
    "token-expires": token_expires,
    "queue-full": queue_full,
}


def test_every_scenario_has_a_check() -> None:
    assert list(CHECKS) == list(SCENARIOS)


@pytest.mark.parametrize("way", sampled(WAYS, 3))
@pytest.mark.parametrize("name", CHECKS)
def test_a_scenario(control: Control, abc: Caller, name: str, way: str) -> None:
    CHECKS[name](Client(control, abc, way, name))


@pytest.mark.parametrize("name", ["slow", "fail", "stuck", "find-lag", "image-late"])
def test_the_marker_that_is_listed_is_taken(control: Control, abc: Caller, name: str) -> None:
    (listed,) = [each for each in control.get("scenarios")["scenarios"] if each["name"] == name]
    assert abc.create(f"x {listed['marker']}")


def test_every_scenario_is_listed(control: Control) -> None:
    listed = control.get("scenarios")["scenarios"]
    assert [each["name"] for each in listed] == list(SCENARIOS)
    assert all(each["marker"].startswith(f"--fake {each['name']}") for each in listed)


# Arming


def errnos(caller: Caller, n: int, prompt: str = "x") -> list[int]:
    """What ``n`` submissions in a row are answered."""
    return [caller.post("/jobs/create", {"content": prompt}).json()["errno"] for _ in range(n)]


def test_it_strikes_the_next_submissions_and_no_more(control: Control, abc: Caller) -> None:
    armed = control.post("scenarios", scenario="service-error", account="abc", times=2)
    assert armed == {
        "scenario": "service-error",
        "argument": None,
        "account": "abc",
        "times": 2,
        "optional": False,
        "applied": 0,
    }
    assert errnos(abc, 1) == [501]
    assert control.get("scenarios")["armed"] == [{**armed, "times": 1, "applied": 1}]
    assert errnos(abc, 3) == [501, 0, 0]
    assert control.get("scenarios")["armed"] == []


def test_without_times_it_strikes_all(control: Control, abc: Caller) -> None:
    control.post("scenarios", scenario="plan-required")
    assert errnos(abc, 5) == [411] * 5
    assert control.delete("scenarios") == {"deleted": 1}
    assert errnos(abc, 1) == [0]


def test_it_strikes_its_account_alone(control: Control, abc: Caller) -> None:
    control.post("accounts", username="t1", password="p")
    t1 = control.fake.login("t1", "p")
    control.post("scenarios", scenario="service-error", account="t1", times=1)
    assert errnos(abc, 2) == [0, 0]
    assert errnos(t1, 2) == [501, 0]


def test_the_one_armed_first_goes_first(control: Control, abc: Caller) -> None:
    control.post("scenarios", scenario="plan-required", times=1)
    control.post("scenarios", scenario="service-error", times=1, account="abc")
    assert errnos(abc, 3) == [411, 501, 0]


def test_a_marker_goes_before_and_spends_nothing(control: Control, abc: Caller) -> None:
    control.post("scenarios", scenario="service-error", times=1)
    assert errnos(abc, 1, "x --fake plan-required") == [411]
    assert errnos(abc, 2) == [501, 0]


def test_it_strikes_every_kind_of_submission(control: Control, abc: Caller) -> None:
    parent = abc.picture()
    control.post("scenarios", scenario="service-error")
    link = parent["original_url"]
    for path, body in (
        ("/jobs/create", {"content": "x"}),
        ("/jobs/variation", {"parent_id": parent["job_id"], "grid_num": 1}),
        ("/jobs/variation", {"parent_id": parent["job_id"], "grid_num": 1, "content": "x"}),
        ("/jobs/upscale", {"parent_hash": parent["hash"], "grid_num": 1}),
        ("/jobs/blend", {"content": f"{link} {link}"}),
        ("/jobs/describe", {"content": link}),
    ):
        assert refused(abc.post(path, body)) == 501


def test_markers_can_be_turned_off_and_the_rest_goes_on(make_fake: MakeFake) -> None:
    control = Control(make_fake(markers=False))
    abc = control.fake.login()
    assert errnos(abc, 1, "x --fake service-error") == [0]
    control.post("scenarios", scenario="service-error")
    assert errnos(abc, 1) == [501]


def test_cleared_for_one_account_it_stays_for_the_others(control: Control) -> None:
    control.post("scenarios", scenario="slow", account="abc")
    control.post("scenarios", scenario="slow")
    assert control.delete("scenarios", account="abc") == {"deleted": 1}
    (left,) = control.get("scenarios")["armed"]
    assert left["account"] is None
