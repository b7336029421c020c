"""Small programs for ``sampan matrix``: clients of the API, as quick to start as can be."""

from __future__ import annotations

import sys

#: What each of them begins with: ``post`` raises on an errno other than 0.
_BEGIN = """
import http.client, json, os, sys, time
url, name = os.environ["SAMPAN_URL"], os.environ["SAMPAN_USERNAME"]
line = http.client.HTTPConnection(url.partition("//")[2], timeout=10)
def send(method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    line.request(method, path, body, headers)
    answer = line.getresponse()
    return answer.status, answer.read()
def post(path, body, token=None):
    status, text = send("POST", path, json.dumps(body), token)
    answer = json.loads(text)
    if answer["errno"]:
        sys.exit("refused: %s" % answer)
    return answer["data"]
def login():
    body = {"username": name, "password": os.environ["SAMPAN_PASSWORD"]}
    return post("/auth/login", body)["token"]
"""


def client(script: str) -> list[str]:
    """A client as COMMAND: ``script`` after the functions ``send``, ``post`` and ``login``."""
    return [sys.executable, "-S", "-E", "-c", _BEGIN + script]


#: Draws two pictures and relies on one reading: that the newest record comes first.
NEWEST = client(
    """
token = login()
for prompt in ("a cat", "a dog"):
    hash = post("/jobs/create", {"content": prompt}, token)
while True:
    newest = post("/jobs/find", {"limit": 10}, token)["res"][0]
    if newest["hash"] != hash:
        sys.exit("not the newest \\x1b[31mred\\x07")
    if newest["status"] == 2000:
        break
line.close()
assert send("GET", newest["img_buffer"].partition(url)[2])[0] == 200, "no picture"
"""
)
#: Logs in, and goes by the errno alone.
PLAIN = client("login()")
