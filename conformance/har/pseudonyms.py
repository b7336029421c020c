"""Names in place of secrets and of people, the same for the same one within a file, so that "whose"
can still be judged: ``account-1``, ``password-1-of-account-1``, ``token-2-of-account-1`` and more.

Of two tokens one of which was made of the other, by cutting it short or by changing a part of it,
so is the name, and what may be a mask stays one: what the judge concludes from a token it concludes
from its name. Of two usernames that differ in case alone, so do the names: ``Account-1``. Only how
long a token is valid is told by none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote

from ..checking.senders import parts
from ..http.redaction import MASK, Secrets
from ..http.secret_headers import may_be_secret
from ..http.secret_members import is_telling, members_of, replaced
from ..rules.bad_tokens import is_made_of
from ..traffic.seen import Seen
from ..traffic.senders import is_masked

#: A member whose value is a string, which may be cut off, or a word. Not read as JSON: it is
#: replaced where it stands, so that all else stays as it came.
_MEMBER = re.compile(
    r'(?i)("(username|password|token|email|phone|name)"\s*:\s*)(?:"((?:[^"\\]|\\.)*)("?)|([^\s",{}\[\]]+))'
)
#: One whose value is an array or an object of strings.
_NESTED = re.compile(r'(?i)"(password|token)"\s*:\s*([\[{][^\]}]*)')
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)')
_FIELDS = ("password", "token", "access_token", "secret", "api_key")
_SCHEMES_ALONE = ("", "bearer", "basic", "digest")
_NO_SECRETS = (*_SCHEMES_ALONE, "null", "true", "false")
#: A password that was refused may be any word; a short one is masked where it was sent alone.
_LONG = 6
#: A run of characters in a picture in which a secret could be written.
_RUN = re.compile(rb"[\x20-\x7e]{6,}")
#: A password in a URL.
_USERINFO = re.compile(r"[a-zA-Z]+://[^/?#@]*?:([^/?#]*)@")
_LOGIN = "/auth/login"
#: A form is no longer and has no more fields.
_MOST, _MOST_FIELDS = 100_000, 1_000
_MAIL = "@sampan.invalid"
_IS_MAIL = re.compile(r"[^@\s\"\\]{1,100}@[^@\s\"\\]{3,100}")
_MOST_MAILS = 200
#: How the name of a whole token ends, which makes it as long as the judge takes a token to be, and
#: how many are compared with others.
_GIVEN, _LAST = "-as-it-was-sent", 50
#: What only its name tells is known elsewhere, too, if it is so long.
_TELLING = 12
_ACCOUNT = "account"
_IS_NAME = re.compile(r"(?:password|token|masked-token|secret)-\d+-of-\S+")
#: Who asks where no login tells.
NOBODY = "nobody"


@dataclass(slots=True)
class Pseudonyms:
    """A growing set of names. ``secrets`` masks what no name stands for."""

    secrets: Secrets = field(default_factory=Secrets)
    #: By username, and by username in lower case with how many spellings of it there are.
    _accounts: dict[str, str] = field(default_factory=dict)
    _folded: dict[str, tuple[str, int]] = field(default_factory=dict)
    #: Of passwords and tokens.
    _names: dict[str, str] = field(default_factory=dict)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    #: The last tokens from which others may be made.
    _given: list[str] = field(default_factory=list)
    _binary: set[bytes] = field(default_factory=set)
    #: The names of email addresses, which are nothing but somebody's wherever they stand.
    _mails: dict[str, str] = field(default_factory=dict)

    def learn(self, seen: Seen) -> None:
        """Know the secrets of an exchange; to be called before anything of it is replaced."""
        bodies = (seen.request.body, seen.reply.body if is_login(seen) else b"")
        for key, value in (one for body in bodies for one in _members(body)):
            if key == "token":
                self._know_token(value)
            elif key == "password" and (len(value) >= _LONG or _accepted(seen)):
                self._know(value)
        for body in (seen.request.body, seen.reply.body):
            for value in members_of(body):
                self._know_long(value)
        self._learn_fields(_form(_text(seen.request.body)))
        places = (value for name, value in seen.reply.headers if name == "location")
        for url in (seen.request.target, *places):
            self._learn_fields(_query(url))
            self._know(_userinfo(url))
        for name, value in seen.request.headers:
            if name.lower() == "authorization":
                self._know_token(parts(value)[1])

    def _learn_fields(self, fields: list[tuple[str, str]]) -> None:
        for name, value in fields:
            if name.lower() in _FIELDS:
                self._know(value)
            elif is_telling(name):
                self._know_long(value)

    def _know_long(self, value: str) -> None:
        """What only its name tells: a word that is short may stand for something else elsewhere."""
        for one in {value, value.split(" ")[-1]}:
            if len(one) >= _TELLING and not _IS_NAME.fullmatch(one):
                self._know(one)

    def members(self, body: str) -> str:
        """A body with names for what stands under a telling name, and is none itself yet."""
        return replaced(body, self._member)

    def _member(self, word: str, value: str) -> str:
        if MASK in value or _IS_NAME.fullmatch(value):
            return value
        if word.startswith("auth"):
            return self.header("authorization", value)
        if word in ("token", "jwt"):
            return self._token(value, NOBODY)
        return self._named(f"secret: {value}", "secret", NOBODY)

    def _know_token(self, token: str) -> None:
        if token.casefold() not in _NO_SECRETS:
            self.secrets.add_token(token)
            self._binary.add(token.encode("utf-8", "surrogatepass"))

    def _know(self, password: str) -> None:
        if password.casefold() not in _NO_SECRETS:
            self.secrets.add(password)
            self._binary.add(password.encode("utf-8", "surrogatepass"))

    def header(self, name: str, value: str) -> str:
        """A header's value. Of credentials the scheme stays."""
        if name.lower() != "authorization":
            return MASK if may_be_secret(name) else self.text(value)
        before, token, after = parts(value)
        if not token or value.strip().casefold() in _SCHEMES_ALONE:
            return value
        return before + self._token(token, NOBODY) + after

    def login(self, seen: Seen, body: str, *, sent: bool) -> str:
        """A body that was sent to login, or its answer."""
        account = self._account(_username(seen.request.body)).removesuffix(_MAIL)
        names: dict[str, Callable[[str], str]] = {
            "username": self._account,
            "password": lambda value: self._password(account, value),
            "token": lambda value: self._token(value, account),
            "email": lambda value: self._email(value, account),
            "phone": lambda value: self._known(value, f"phone-of-{account}"),
            "name": lambda value: self._known(value, f"name-of-{account}"),
        }
        if sent:
            names = {key: names[key] for key in ("username", "password")}

        def named(hit: re.Match[str]) -> str:
            key, value = hit[2].lower(), _value(hit)
            if hit[3] is None or not value or key not in names:
                return hit[0]
            return f'{hit[1]}"{names[key](value)}{hit[4]}'

        return _MEMBER.sub(named, body)

    def text(self, text: str) -> str:
        """A text from anywhere, without the email addresses of accounts and without secrets."""
        return self.secrets.redact_foreign(self.people(text))

    def people(self, text: str) -> str:
        """The same with the names of email addresses in their place."""
        for mail, name in self._mails.items() if "@" in text or "%40" in text else ():
            text = text.replace(mail, name)
        return text

    def hides(self, body: bytes) -> bool:
        """Whether a secret stands in bytes that are no text."""
        if any(secret in body for secret in self._binary):
            return True
        runs = b"\n".join(_RUN.findall(body)).decode("ascii")
        return self.secrets.redact(runs) != runs

    def _account(self, username: str) -> str:
        """The name of an account. An email address in its place stays one."""
        spelled = username.strip()
        if not spelled:
            return NOBODY
        if spelled not in self._accounts:
            at = _MAIL if "@" in spelled else ""
            first = f"{_ACCOUNT}-{len(self._folded) + 1}{at}"
            name, spellings = self._folded.get(spelled.casefold(), (first, 0))
            self._folded[spelled.casefold()] = name, spellings + 1
            self._accounts[spelled] = _in_case(name, spellings)
        name = self._accounts[spelled]
        self._learn_mail(spelled, name)
        return name

    def _email(self, email: str, account: str) -> str:
        name = self._known(email, f"{account}{_MAIL}")
        self._learn_mail(email, name)
        return name

    def _learn_mail(self, mail: str, name: str) -> None:
        if _IS_MAIL.fullmatch(mail) and len(self._mails) < _MOST_MAILS:
            self._mails |= {mail: name, quote(mail, safe=""): quote(name, safe="")}

    def _password(self, account: str, password: str) -> str:
        return self._named(f"password of {account}: {password}", "password", account)

    def _token(self, token: str, account: str) -> str:
        what = f"token: {token}"
        if what not in self._names:
            origin = next((one for one in self._given if is_made_of(token, [one])), None)
            if origin is not None:  # the beginning of that one's name
                self._names[what] = self._names[f"token: {origin}"].removesuffix(_GIVEN)
            elif is_masked(token):
                self._named(what, "masked-token", account)
            else:
                self._names[what] = self._named(what, "token", account) + _GIVEN
                self._given = [*self._given[-_LAST:], token]
        return self._names[what]

    def _known(self, value: str, name: str) -> str:
        """The name of the account of that name, or another."""
        return self._account(value) if value.strip().casefold() in self._folded else name

    def _named(self, what: str, kind: str, account: str) -> str:
        """The next name of its kind, or the one that it has."""
        if what not in self._names:
            number = self._counts[kind, account] = self._counts.get((kind, account), 0) + 1
            self._names[what] = f"{kind}-{number}-of-{account}"
        return self._names[what]


def _in_case(name: str, spelling: int) -> str:
    """The name of an account with its letters in the case of that spelling; 0 is all lower."""
    letters = (
        sign.upper() if spelling >> place & 1 else sign for place, sign in enumerate(_ACCOUNT)
    )
    return "".join(letters) + name[len(_ACCOUNT) :]


def is_login(seen: Seen) -> bool:
    return seen.request.target.partition("?")[0].endswith(_LOGIN)


def _accepted(seen: Seen) -> bool:
    """Whether a login may have been: all but those that were refused."""
    errno = re.search(rb'"errno"\s*:\s*(\d+)', seen.reply.body)
    return errno is None or int(errno[1]) == 0


def _members(body: bytes) -> Iterator[tuple[str, str]]:
    """The keys and values of what may be a secret, in JSON that may be broken or odd."""
    for hit in _MEMBER.finditer(_text(body)):
        yield hit[2].lower(), _value(hit)
    for hit in _NESTED.finditer(_text(body)):
        for word in _STRING.finditer(hit[2]):
            yield hit[1].lower(), word[1]


def _value(hit: re.Match[str]) -> str:
    """The value of a member, unescaped where it can be."""
    if hit[3] is None:
        return str(hit[5])
    try:
        return str(json.loads(f'"{hit[3]}"', strict=False))
    except ValueError:
        return str(hit[3])


def _username(body: bytes) -> str:
    hits = _MEMBER.finditer(_text(body))
    return next((_value(hit) for hit in hits if hit[2] == "username" and hit[3]), "")


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _form(body: str) -> list[tuple[str, str]]:
    """The fields of a form, if the body may be one."""
    return [] if not body or body.lstrip()[:1] in "{[" else _fields(body)


def _query(url: str) -> list[tuple[str, str]]:
    return _fields(url.partition("?")[2])


def _fields(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text[:_MOST], max_num_fields=_MOST_FIELDS, errors="replace")
    except ValueError:  # too many: nobody's form
        return []


def _userinfo(url: str) -> str:
    """The password in a URL."""
    hit = _USERINFO.match(url)
    return unquote(hit[1]) if hit is not None else ""
