"""The examples of the API page, taken from it by hand and not from ``openapi/``.

Comments are left out; what the page elides with ``...`` stands as it does there, but for the second
record of Job Find, which is made concrete by :data:`SECOND_RECORD`.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Example(NamedTuple):
    """A body of the page, under its heading, for one operation."""

    heading: str
    operation: str
    body: dict[str, Any]


_PICTURES = "https://mjeast.sfo3.digitaloceanspaces.com"
_SENDER = "on-ZY5H_G6kX2YI219vcnLlbB9AM"
_HASH = "89ee3ce8bb4d2a056e38d6bd4a0ab5f2bf5ef258cda6aa49cb2928c99b33349d"
_JOB = "f052f826-0568-45a1-8797-0a120c92aa42"

#: The record of Job Find, its 58 keys in the page's order.
RECORD: dict[str, Any] = {
    "id": 32,
    "id_uuid": "a4fc49fd-c303-4157-819c-be14d2098173",
    "bot_id": None,
    "room_id": None,
    "room_topic": None,
    "sender_id": "79f357ce-a641-4560-b2c9-14c089e8e4c5",
    "sender_name": None,
    "sender_msg": None,
    "msg_date": None,
    "msg_content": "shanghai at dawn",
    "msg_display": "Shanghai at dawn",
    "timestamp": "1712040515164",
    "hash": _HASH,
    "status": 2000,
    "error": "altered prompt",
    "job_id": _JOB,
    "parent_id": None,
    "parent_hash": None,
    "tmp_msg": None,
    "svg_buffer": (
        '<svg width="1024" height="64">\n'
        "\t\t\t  <style>\n"
        "\t\t\t  .title { fill: #eeeeee; font-family: Arial sans-serif;"
        " font-size: 32px; font-weight: 420;}\n"
        "\t\t\t  </style>\n"
        '\t\t\t  <text x="109" y="45" text-anchor="start" class="title">'
        "@null : 小船AI生成</text>\n"
        "\t\t\t</svg>"
    ),
    "usr_buffer": None,
    "img_buffer": f"{_PICTURES}/image/{_JOB}.png",
    "img_format": "png",
    "img_length": 1257418,
    "img_height": 1152,
    "img_width": 1088,
    "img_md5": None,
    "tmp_str": None,
    "grid_num": None,
    "zoom_factor": None,
    "job_type": "main",
    "payment_type": "trial",
    "service": "main",
    "source": "app",
    "client": None,
    "recall_msg": None,
    "recall_prv": None,
    "pct_prog": None,
    "img_prog": None,
    "img_thumb": f"{_PICTURES}/image/{_JOB}_thumb.png",
    "event_name": None,
    "original_url": f"{_PICTURES}/{_JOB}_4.png",
    "guild_name": None,
    "guild_id": None,
    "msg_type": None,
    "seed_id": None,
    "image_message_id": None,
    "deleted": False,
    "description": None,
    "description_translation": None,
    "pan_direction": None,
    "command": None,
    "model_source": "internal",
    "created_at": "2024-04-02T06:48:35.165Z",
    "updated_at": "2024-04-02T06:49:30.370Z",
    "is_favourite": False,
    "favourite_count": 0,
    "folders": [],
}

#: Stands for the ``{...}`` after it: an upscale of it that has only just been submitted.
SECOND_RECORD: dict[str, Any] = {
    **RECORD,
    **dict.fromkeys(key for key in RECORD if key.startswith("img_")),
    "id": 33,
    "id_uuid": "0b7d5d5c-6a5f-4a0b-9a53-5f8d2f6f9f11",
    "msg_content": None,
    "msg_display": None,
    "timestamp": "1712040600000",
    "hash": "5d1f2c0a" * 8,
    "status": None,
    "error": None,
    "job_id": None,
    "parent_id": _JOB,
    "parent_hash": _HASH,
    "svg_buffer": None,
    "grid_num": 2,
    "job_type": "upscale",
    "original_url": None,
    "model_source": None,
    "created_at": "2024-04-02T06:50:00.001Z",
    "updated_at": "2024-04-02T06:50:00.001Z",
}

REQUESTS = (
    Example("Login", "login", {"username": "abc", "password": "xxxxxxxxxxxxxx"}),
    Example("Job Create", "createJob", {"content": "Shanghai cyberpunk"}),
    Example(
        "Job Find",
        "findJobs",
        {
            "limit": 10,
            "timestamp_smaller_than": 12353533231,
            "service": ["niji"],
            "job_type": ["upscale"],
            "prompt": "some text",
            "folders": ["some_folder_id"],
            "favourite": True,
        },
    ),
    Example("Job Variation", "varyJob", {"sender_id": _SENDER, "parent_id": _JOB, "grid_num": 1}),
    Example(
        "Job Upscale", "upscaleJob", {"sender_id": _SENDER, "parent_hash": _HASH, "grid_num": 2}
    ),
    Example(
        "Job Blend",
        "blendImages",
        {
            "sender_id": _SENDER,
            "content": (
                f"{_PICTURES}/f052f826-0568-45a1-8797aa42-0a120c92.png "
                f"{_PICTURES}/f052f826-050c9268-45a1-8797-0a12.png "
                f"{_PICTURES}/{_JOB}_4.png"
            ),
        },
    ),
    Example(
        "Job Remix",
        "varyJob",
        {
            "sender_id": _SENDER,
            "parent_id": _JOB,
            "grid_num": 1,
            "content": "old prompt rewritten in a new style",
        },
    ),
    Example(
        "Job Describe",
        "describeImage",
        {"sender_id": _SENDER, "content": f"{_PICTURES}/{_JOB}_4.png"},
    ),
)

RESPONSES = (
    Example(
        "Login",
        "login",
        {
            "errno": 0,
            "errmsg": "SUCCESS",
            "data": {
                "id": "64179e-af357c-18960-4c08b2c9-19e4c58e",
                "name": None,
                "username": "abc",
                "phone": None,
                "email": "abc@email.com",
                "account_type": "consumer",
                "account_status": "unlimited",
                "last_paid": None,
                "plan_start": None,
                "plan_end": None,
                "last_plan": None,
                "token": "eyJhbGciOiJ...K2Jscp8_k1XwE",
            },
        },
    ),
    Example("Login", "login", {"errno": 301, "errmsg": "missing username or password"}),
    Example("Job Create", "createJob", {"errno": 0, "errmsg": "OK", "data": "xxxxxxxxxxxxxxx"}),
    Example("Job Create", "createJob", {"errno": 430, "error": "invalid login"}),
    Example("Job Create", "createJob", {"errno": 501, "errmsg": "SERVICE_ERROR"}),
    Example(
        "Job Find",
        "findJobs",
        {"errno": 0, "errmsg": "SUCCESS", "data": {"res": [RECORD, SECOND_RECORD], "total": 2}},
    ),
    Example(
        "Job Blend",
        "blendImages",
        {
            "errno": 0,
            "errmsg": "OK",
            "data": "c1d647af4f85b30af69b88b5021c51afafe8ca1c74f120bbf4195687476bb674",
        },
    ),
    Example(
        "Job Describe",
        "describeImage",
        {
            "errno": 0,
            "errmsg": "OK",
            "data": "1ab8e1937cf07a463e2e4b413057cdb7b981420ba61308f08a5b8bc6750c0dd4",
        },
    ),
)
