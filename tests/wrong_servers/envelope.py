"""Wrong envelopes: GEN-1 to GEN-4 and GEN-6 (page, preamble and table of errors)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.support.tampering.exchange import SUBMISSIONS, Reply, Request, Tampering, html, refusal
from tests.support.tampering.making import asking, each_record, failing, succeeding, telling
from tests.wrong_servers.wrong_server import wrong_server

# GEN-1: a JSON object with an integer errno; 0 is success, and errmsg is then OK or SUCCESS.


@wrong_server(
    "GEN-1",
    "errno is a string in every answer of find",
    touches="GEN-4 GEN-5 LOGIN-6 AUTH-1 AUTH-2 AUTH-3 FIND-1",
)
def errno_is_a_string() -> Tampering:
    return telling(
        lambda _, reply: reply.with_fields(errno=str(reply.envelope["errno"])), "findJobs"
    )


@wrong_server(
    "GEN-1",
    "errno is false, which is no integer, in a success of find",
    touches="GEN-5 LOGIN-6 AUTH-1 FIND-1",
)
def errno_is_false() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(errno=False), "findJobs")


@wrong_server(
    "GEN-1",
    "errno is a string in failures only",
    touches=(
        "GEN-4 GEN-5 LOGIN-3 LOGIN-4 AUTH-1 AUTH-2 AUTH-3 CREATE-3 VAR-2 VAR-3 "
        "GRID-2 UP-2 UP-3 PAR-1 BLEND-2 BLEND-3 DESC-2 PLAN-1"
    ),
)
def failing_errno_is_a_string() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(errno=str(reply.envelope["errno"])))


@wrong_server(
    "GEN-1",
    "find without a token answers as a web framework does, in a shape of its own",
    touches="AUTH-2 AUTH-3",
)
def framework_answers_without_a_token() -> Tampering:
    answer = Reply(401).with_body({"detail": "Not authenticated"})
    return asking(lambda request: request if request.token else answer, "findJobs")


@wrong_server(
    "GEN-1",
    "find answers with the records alone, in an array",
    touches="GEN-5 LOGIN-6 AUTH-1 FIND-1 FIND-2",
)
def find_answers_an_array() -> Tampering:
    return succeeding(lambda _, reply: reply.with_body(reply.records), "findJobs")


@wrong_server("GEN-1", "a submission has no errmsg", whole=True)
def submission_without_errmsg() -> Tampering:
    return succeeding(lambda _, reply: reply.without("errmsg"), *SUBMISSIONS)


@wrong_server("GEN-1", "find says Success in a spelling of its own")
def success_spelt_otherwise() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(errmsg="Success"), "findJobs")


@wrong_server("GEN-1", "errmsg of a login is null")
def login_errmsg_is_null() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(errmsg=None), "login")


@wrong_server("GEN-1", "a failed find has errno 0 and says INVALID PARAMETER", touches="GEN-4")
def failure_with_errno_0() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(errno=0), "findJobs", errno=301)


# GEN-2: no errno beside those of the table.


@wrong_server("GEN-2", "wrong credentials have an errno of their own, 431", touches="GEN-3")
def own_errno_for_a_wrong_password() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(errno=431), "login", errno=430)


@wrong_server("GEN-2", "wrong credentials have errno -1", touches="GEN-3")
def errno_minus_one() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(errno=-1), "login", errno=430)


@wrong_server("GEN-2", "a limit of 0 has errno 500")
def errno_500_for_a_limit_of_0() -> Tampering:
    def change(request: Request) -> Request | Reply:
        return refusal(500, "GENERAL_ERROR") if request.fields.get("limit") == 0 else request

    return asking(change, "findJobs")


@wrong_server("GEN-2", "a token that is not valid has errno 401", touches="GEN-3 AUTH-3")
def errno_401_for_a_bad_token() -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        return reply if request.token is None else reply.with_fields(errno=401)

    return failing(change, "findJobs", errno=430)


# GEN-3: a failure has a text and no data.


@wrong_server("GEN-3", "a find that fails has an empty listing as its data", touches="AUTH-4")
def failed_find_with_a_listing() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(data={"res": [], "total": 0}), "findJobs")


@wrong_server("GEN-3", "a login that fails has an account without a token as its data")
def failed_login_with_an_account() -> Tampering:
    account = {"id": "0", "username": "guest", "token": None}
    return failing(lambda _, reply: reply.with_fields(data=account), "login")


@wrong_server("GEN-3", "a submission that is refused answers with a hash all the same")
def refused_submission_with_a_hash() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(data="0" * 64), *SUBMISSIONS, errno=301)


@wrong_server("GEN-3", "the text of a refused submission is that of a success")
def failure_says_ok() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(errmsg="OK"), *SUBMISSIONS)


@wrong_server("GEN-3", "the text of a 301 is null")
def failure_text_is_null() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(errmsg=None), "findJobs", errno=301)


@wrong_server("GEN-3", "the text of a 301 is under message")
def failure_text_under_message() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply.without("errmsg").with_fields(message=reply.envelope["errmsg"])

    return failing(change, "findJobs", *SUBMISSIONS, errno=301)


@wrong_server("GEN-3", "the text of a 301 is an object of problems by field")
def failure_text_is_an_object() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(errmsg={"content": ["required"]})

    return failing(change, "findJobs", *SUBMISSIONS, errno=301)


@wrong_server("GEN-3", "the text of a refused login is empty")
def failure_text_is_empty() -> Tampering:
    return failing(
        lambda _, reply: reply.without("error").with_fields(errmsg=""), "login", errno=430
    )


# GEN-4: wrong parameters get 301. The one tried here is a find whose parameters are wrong.


@wrong_server("GEN-4", "a parameter of the wrong type fails inside the server: 501")
def wrong_type_is_501() -> Tampering:
    return _wrong_find(refusal(501, "GENERAL_ERROR"))


@wrong_server("GEN-4", "a parameter of the wrong type gets a web framework's page", touches="GEN-1")
def wrong_type_is_html() -> Tampering:
    return _wrong_find(html(400, "Bad Request"))


@wrong_server("GEN-4", "a parameter of the wrong type gets a web framework's 422", touches="GEN-1")
def wrong_type_is_422() -> Tampering:
    problem = {"loc": ["body", "prompt"], "msg": "str type expected", "type": "type_error.str"}
    return _wrong_find(Reply(422).with_body({"detail": [problem]}))


def _wrong_find(answer: Reply) -> Tampering:
    return failing(lambda request, reply: answer if request.json else reply, "findJobs", errno=301)


@wrong_server("GEN-4", "a prompt to find that is no text counts as left out")
def find_prompt_is_left_out() -> Tampering:
    return asking(_left_out("prompt", str), "findJobs")


@wrong_server("GEN-4", "a list or an object as prompt to find is turned into text")
def find_prompt_of_an_object_is_turned_into_text() -> Tampering:
    def cast(held: object) -> object:
        return str(held) if isinstance(held, list | dict) else held

    return asking(_cast("prompt", cast), "findJobs")


@wrong_server("GEN-4", "favourite takes any value for yes or no")
def favourite_takes_anything() -> Tampering:
    return asking(_cast("favourite", bool), "findJobs")


@wrong_server("GEN-4", "a cursor that is no number counts as left out")
def wrong_cursor_is_left_out() -> Tampering:
    def change(request: Request) -> Request:
        cursor = request.fields.get("timestamp_smaller_than", 0)
        return request if isinstance(cursor, int) else request.without("timestamp_smaller_than")

    return asking(change, "findJobs")


@wrong_server("GEN-4", "job types in a list that are no texts count as left out")
def numbers_for_job_types_are_left_out() -> Tampering:
    def change(request: Request) -> Request:
        kinds = request.fields.get("job_type")
        odd = isinstance(kinds, list) and any(not isinstance(one, str) for one in kinds)
        return request.without("job_type") if odd else request

    return asking(change, "findJobs")


@wrong_server("GEN-4", "the content to create from that is no text is turned into one")
def content_is_turned_into_text() -> Tampering:
    return asking(_cast("content", str), "createJob")


@wrong_server("GEN-4", "a password that is no text breaks the server: 501")
def password_of_another_type_is_501() -> Tampering:
    def odd(request: Request) -> bool:
        return any(isinstance(one, dict | list) for one in request.fields.values())

    answer = refusal(501, "GENERAL_ERROR")
    return failing(lambda request, reply: answer if odd(request) else reply, "login", errno=301)


def _left_out(name: str, kind: type) -> Callable[[Request], Request]:
    def change(request: Request) -> Request:
        right = isinstance(request.fields.get(name) or kind(), kind)
        return request if right else request.without(name)

    return change


def _cast(name: str, kind: Callable[[object], object]) -> Callable[[Request], Request]:
    """Turn a field that is there into ``kind``, as a language with loose types does."""

    def change(request: Request) -> Request:
        held = request.fields.get(name)
        return request if held is None else request.with_fields(**{name: kind(held)})

    return change


# GEN-6: JSON says so and parses, and a success has no 4xx or 5xx.


@wrong_server("GEN-6", "every answer is labelled text/html, as PHP does unless it is told")
def json_labelled_html() -> Tampering:
    return telling(lambda _, reply: reply.with_header("content-type", "text/html; charset=UTF-8"))


@wrong_server("GEN-6", "failures are labelled text/plain")
def failures_labelled_text() -> Tampering:
    return failing(lambda _, reply: reply.with_header("content-type", "text/plain"))


@wrong_server("GEN-6", "find has no content type")
def find_without_content_type() -> Tampering:
    return telling(lambda _, reply: Reply(reply.status, (), reply.body), "findJobs")


@wrong_server(
    "GEN-6",
    "a notice of the interpreter stands before the JSON",
    touches="GEN-1 GEN-4 GEN-5 LOGIN-6 AUTH-1 FIND-1",
)
def notice_before_the_json() -> Tampering:
    notice = b"<br />\n<b>Notice</b>: Undefined index: limit in <b>find.php</b><br />\n"

    def change(request: Request, reply: Reply) -> Reply:
        if "limit" in request.fields:
            return reply
        return Reply(reply.status, reply.headers, notice + reply.body)

    return telling(change, "findJobs")


@wrong_server(
    "GEN-6", "a total that nobody counted is NaN", touches="GEN-1 FIND-1 FIND-2 FIND-9 FIND-10"
)
def nan_in_json() -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        if "favourite" not in request.fields:
            return reply
        return reply.with_records(reply.records, float("nan"))

    return succeeding(change, "findJobs")


@wrong_server("GEN-6", "a byte order mark stands before the JSON of find")
def byte_order_mark() -> Tampering:
    return telling(lambda _, reply: replace(reply, body=b"\xef\xbb\xbf" + reply.body), "findJobs")


@wrong_server("GEN-6", "a record of find has its status twice: once as it was, once as it is")
def status_twice() -> Tampering:
    def both(_: Request, reply: Reply) -> Reply:
        return replace(reply, body=reply.body.replace(b'"status":', b'"status": 999, "status":'))

    return telling(both, "findJobs")


@wrong_server("GEN-6", "a text of a record is cut in the middle of an emoji", whole=True)
def half_an_emoji() -> Tampering:
    return each_record(lambda one: {**one, "msg_date": "at sea \ud83d"})


@wrong_server("GEN-6", "the JSON of find is UTF-8, and labelled as Latin-1", whole=True)
def labelled_as_latin_1() -> Tampering:
    label = (b"content-type", b"application/json; charset=ISO-8859-1")

    def told(_: Request, reply: Reply) -> Reply:
        others = tuple(one for one in reply.headers if one[0].lower() != label[0])
        return replace(reply, headers=(*others, label))

    return telling(told, "findJobs")


@wrong_server("GEN-6", "a second Content-Type of find says HTML")
def two_content_types() -> Tampering:
    page = (b"content-type", b"text/html")
    return telling(lambda _, reply: replace(reply, headers=(*reply.headers, page)), "findJobs")


@wrong_server("GEN-6", "find says that it answers with lines of JSON")
def labelled_as_lines() -> Tampering:
    return telling(
        lambda _, reply: reply.with_header("content-type", "application/jsonlines"), "findJobs"
    )


@wrong_server("GEN-6", "find answers in UTF-16")
def utf_16() -> Tampering:
    return telling(
        lambda _, reply: replace(reply, body=reply.body.decode().encode("utf-16-le")), "findJobs"
    )


@wrong_server("GEN-6", "a find that finds nothing is HTTP 404")
def nothing_found_is_404() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply if reply.records else Reply(404, reply.headers, reply.body)

    return succeeding(change, "findJobs")


@wrong_server("GEN-6", "an accepted submission is HTTP 500", whole=True)
def accepted_submission_is_500() -> Tampering:
    return succeeding(lambda _, reply: Reply(500, reply.headers, reply.body), *SUBMISSIONS)


@wrong_server("GEN-6", "a successful login is HTTP 400")
def successful_login_is_400() -> Tampering:
    return succeeding(lambda _, reply: Reply(400, reply.headers, reply.body), "login")
