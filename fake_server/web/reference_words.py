"""The reference's own words, in each language that it has. The contract's texts stay English."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """What the page says beside what the contract says."""

    language: str
    other: str
    other_page: str
    search: str
    found: str
    nothing: str
    title: str
    schemas: str
    questions: str
    with_token: str
    without_token: str
    costs: str
    free: str
    request: str
    response: str
    any_status: str
    in_shell: str
    then: str
    sent_as: str
    one_of: str
    either: str
    key: str
    kind: str
    meaning: str
    optional: str
    array_of: str
    default: str
    example: str


ENGLISH = Words(
    language="en",
    other="中文",
    other_page="reference-zh",
    search="Search the reference",
    found="Sections found:",
    nothing="Nothing found.",
    title="reference",
    schemas="Schemas",
    questions="Open questions",
    with_token="with a token",
    without_token="without a token",
    costs="costs a job",
    free="costs no job",
    request="Request",
    response="Response",
    any_status="any other HTTP status",
    in_shell="With curl",
    then="Then",
    sent_as="from this response",
    one_of="One of:",
    either=" or ",
    key="key",
    kind="type",
    meaning="meaning",
    optional="optional",
    array_of="array of",
    default="The fake's default.",
    example="Example",
)

CHINESE = Words(
    language="zh-CN",
    other="English",
    other_page="reference",
    search="在参考中搜索",
    found="符合的章节数：",
    nothing="没有找到。",
    title="参考",
    schemas="数据结构",
    questions="未定问题",
    with_token="需要 token",
    without_token="不需要 token",
    costs="消耗一个任务",
    free="不消耗任务",
    request="请求",
    response="响应",
    any_status="其他 HTTP 状态码",
    in_shell="用 curl 调用",
    then="接下来",
    sent_as="取自本次响应",
    one_of="以下之一：",
    either=" 或 ",
    key="键",
    kind="类型",
    meaning="含义",
    optional="可选",
    array_of="数组，元素为",
    default="本模拟服务的默认回答。",
    example="示例",
)

#: By language.
OF = {"en": ENGLISH, "zh": CHINESE}
