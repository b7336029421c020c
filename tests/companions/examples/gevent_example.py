"""gevent: the program under test is patched, so the fake is a process of its own.

Run with ``python -m gevent.monkey gevent_example.py``.
"""

import json
import subprocess
import sys

import gevent
import requests

from sampan import Account, Admin


def main() -> None:
    command = [sys.executable, "-m", "sampan", "serve", "--port", "0", "--ready-json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as fake:
        assert fake.stdout is not None
        url = json.loads(fake.stdout.readline())["url"]
        accounts = [Admin(url).account(f"t{number}") for number in range(4)]
        for job in [gevent.spawn(draw, account) for account in accounts]:
            job.get()
        fake.terminate()
    print("4 pictures")


def draw(account: Account) -> None:
    record = account.wait_finished(account.create("a cat"))
    assert requests.get(record["img_buffer"], timeout=20).content.startswith(b"\x89PNG")


main()
