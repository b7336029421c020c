// The hints of the form for faults and the numbers of scenarios in Chinese, by the English text that
// the control API's document and its list of scenarios have.

export default {
  "Any number. 0 is a success without data.":
    "任意数字。0 表示成功，但没有 data。",
  "The text beside the errno. If omitted, the page's text, or UNKNOWN ERROR for an errno that the page does not list.":
    "errno 旁边的文字。留空时使用文档的文字；文档没有列出的 errno 则为 UNKNOWN ERROR。",
  "Headers of the response, each a text, a whole number, or a list of texts for several of one name. They replace those of the fake. Content-Length, Transfer-Encoding and Date can't be set. At most 16 KiB.":
    "响应的头：每个值是文字或整数；同名的头可以重复。它们替换模拟服务自己的头。Content-Length、Transfer-Encoding 和 Date 不能设置。最多 16 KiB。",
  "The account that the token belongs to; for a login, the username sent; for a picture, the owner of its job.":
    "令牌所属的账号；登录时为所发送的用户名；图片则为其任务的所有者。",
  "An operationId of the service's API.": "服务接口的 operationId。",
  "The path; * stands for any characters.": "路径；* 代表任意字符。",
  "What the request's headers say, by their names, in any case. All conditions must hold. The values of a header that came several times are joined by commas.":
    "按名称（不分大小写）列出请求头应有的值，须全部满足。重复出现的请求头，其值以逗号相连。",
  "A part of the body's text.": "请求体文字的一部分。",
  "A regular expression that is found in the body's text.": "在请求体文字中查找的正则表达式。",
  "A part of the body's JSON.": "请求体 JSON 的一部分。",
  "All of the body's JSON.": "请求体的全部 JSON。",
  "Paths in the body's JSON, and what is to be there.": "请求体 JSON 中的路径，以及该处应有的值。",
  "A fixed duration, or drawn from a distribution in milliseconds: uniform from lower to upper, or lognormal about median with sigma. At most 24h.":
    "固定时长，或按分布抽取（毫秒）：从 lower 到 upper 的均匀分布，或以 median 为中位数、sigma 为参数的对数正态分布。最长 24h。",
  "The clock that delays follow, the account's or the machine's.": "延迟所依据的时钟：账号的或本机的。",
  "The number of times. If omitted, always.": "生效次数。留空则一直生效。",
  "The number of matches to skip first.": "先跳过多少个匹配的请求。",
  "The probability that the fault is applied to a match.": "故障对匹配的请求生效的概率。",
  "The seed of the random numbers for probability and delay.": "概率和延迟所用随机数的种子。",
  "Whether a test may end without the fault having been applied.": "测试结束时，故障是否可以从未生效。",
  "The body, at most 1 MiB. A string is sent as it is, with Content-Type text/plain unless headers says otherwise; anything else as JSON. If omitted, an HTML page.":
    "响应体，最多 1 MiB。文字原样发送，Content-Type 为 text/plain，除非 headers 另有设置；其他值作为 JSON 发送。留空则为一个 HTML 页面。",
  "A body of bytes, in base64, instead of body; its Content-Type is application/octet-stream unless headers says otherwise.":
    "以 base64 写出的字节，代替 body；Content-Type 为 application/octet-stream，除非 headers 另有设置。",

  "a factor": "倍数",
  "a percentage": "百分比",
  milliseconds: "毫秒",
};
