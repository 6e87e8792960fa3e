"""What the detectors find of values that look real in surroundings that look real, and what they take for one.

Recall is the share of texts with one value in which that value is gone after masking; the false positives are the share
of texts of ordinary business (order numbers, times, addresses, code) in which a detector alone changes something.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable

from stdnum import iban, luhn

from engine.masking.detect import DETECTORS, detection_of
from engine.masking.plan import replace_detected
from engine.masking.transform import make

_REDACT = make("redact", b"")
_WORDS = ("paid", "order", "note", "for", "the", "customer", "see", "ref", "old", "account", "call", "back", "today")
_SURROUNDINGS = (
    "{v}",
    "{w} {v} {w}",
    "{w}: {v}.",
    "({v})",
    '{{"{w}": "{v}", "n": 1}}',
    "{w}={v}&{w}=2",
    "<{w}>{v}</{w}>",
    "{w},{v},{w}",
    "'{v}'",
    "{w}\t{v}\n{w}",
    "[{v}] {w}",
    "{w}/{v}",
    "{w}{v}",
    "{v}{w}",
    "{w}_{v}",
)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))


def _letters(rng: random.Random, count: int, letters: str = string.ascii_lowercase) -> str:
    return "".join(rng.choices(letters, k=count))


def _grouped(text: str, size: int, separator: str) -> str:
    return separator.join(text[at : at + size] for at in range(0, len(text), size))


def _card(rng: random.Random) -> str:
    prefix, length = rng.choice((("4", 16), ("5" + rng.choice("12345"), 16), ("37", 15), ("6011", 16), ("4", 13)))
    head = prefix + _digits(rng, length - len(prefix) - 1)
    number = head + luhn.calc_check_digit(head)
    return _grouped(number, 4, rng.choice(("", "", " ", " ", "-", "-", "."))) if length == 16 else number


def _email(rng: random.Random) -> str:
    name = rng.choice(("{a}.{b}", "{a}", "{a}+{b}", "{a}_{b}9", "{b}-{a}")).format(
        a=_letters(rng, 5), b=_letters(rng, 4)
    )
    return f"{name}@{_letters(rng, 7)}.{rng.choice(('com', 'co.uk', 'example', 'io', 'museum'))}"


def _iban(rng: random.Random) -> str:
    country, shape = rng.choice((("DE", 18), ("NL", 14), ("FR", 23), ("GB", 18), ("NO", 11)))
    body = "ABNA" + _digits(rng, shape - 4) if country in ("NL", "GB") else _digits(rng, shape)
    whole = country + iban.calc_check_digits(country + "00" + body) + body
    return rng.choice((whole, _grouped(whole, 4, " "), whole.lower()))


def _ssn(rng: random.Random) -> str:
    separator = rng.choice("----- ") if rng.random() < 0.9 else ""
    return separator.join((f"{rng.randrange(1, 665):03}", f"{rng.randrange(1, 99):02}", f"{rng.randrange(1, 9999):04}"))


def _phone(rng: random.Random) -> str:
    area, office, line = f"2{rng.randrange(10, 99)}", f"{rng.randrange(200, 999)}", _digits(rng, 4)
    american = (f"({area}) {office}-{line}", f"{area}-{office}-{line}", f"{area}.{office}.{line}")
    abroad = (f"+1 {area} {office} {line}", f"+31 6 {line} {_digits(rng, 4)}", f"+49 30 {_digits(rng, 7)}")
    at_home = (f"030 {_digits(rng, 7)}", f"06-{_digits(rng, 8)}")
    return rng.choice(rng.choice((american, american, abroad, abroad, at_home)))


def _jwt(rng: random.Random) -> str:
    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    signature = base64.urlsafe_b64encode(rng.randbytes(32)).decode().rstrip("=")
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': _letters(rng, 8), 'n': rng.random()})}.{signature}"


def _aws_key(rng: random.Random) -> str:
    return rng.choice(("AKIA", "ASIA")) + _letters(rng, 16, string.ascii_uppercase + "234567")


def _private_key(rng: random.Random) -> str:
    kind = rng.choice(("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "))
    body = _grouped(base64.b64encode(rng.randbytes(90)).decode(), 64, "\n")
    whole = f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"
    return rng.choice((whole, whole.replace("\n", "\\n")))


VALUES: dict[str, Callable[[random.Random], str]] = {
    "credit_card": _card,
    "email": _email,
    "iban": _iban,
    "us_ssn": _ssn,
    "phone": _phone,
    "jwt": _jwt,
    "aws_access_key": _aws_key,
    "private_key": _private_key,
}

_ORDINARY: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: f"order {rng.randrange(10**6, 10**7)} of 2024-{rng.randrange(1, 13):02}-{rng.randrange(1, 28):02}",
    lambda rng: f"20{rng.randrange(10, 30)}-01-02T03:04:05.{_digits(rng, 6)}Z",
    lambda rng: f"{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}:5432",
    lambda rng: (
        f"{_letters(rng, 8, '0123456789abcdef')}-{_letters(rng, 4, '0123456789abcdef')}-4a1b-9c2d-{_digits(rng, 12)}"
    ),
    lambda rng: f"invoice {_digits(rng, 16)}",
    lambda rng: f"EAN {_digits(rng, 13)}",
    lambda rng: f"{rng.randrange(10**9, 2 * 10**9)} {rng.randrange(10**12, 2 * 10**12)}",
    lambda rng: f"SKU-{_letters(rng, 3, string.ascii_uppercase)}{_digits(rng, 5)} x{rng.randrange(9)}",
    lambda rng: f"{rng.randrange(100)}.{_digits(rng, 2)} EUR, {_digits(rng, 3)}-{_digits(rng, 4)}",
    lambda rng: f"{_letters(rng, 40, '0123456789abcdef')}",
    lambda rng: (
        f"{_letters(rng, 6).title()} {_letters(rng, 8).title()}, {rng.randrange(1, 99)} {_letters(rng, 7)} street"
    ),
    lambda rng: f"@{_letters(rng, 6)} said {_letters(rng, 4)} @ {rng.randrange(1, 12)}pm",
    lambda rng: f"git@{_letters(rng, 6)}:{_letters(rng, 5)}/{_letters(rng, 5)}.git",
    lambda rng: f"lat {rng.random() * 90:.6f} lon {rng.random() * 180:.6f}",
    lambda rng: f"SELECT {_letters(rng, 5)} FROM {_letters(rng, 5)} WHERE id = {rng.randrange(10**5)}",
)


def recall(name: str, count: int, rng: random.Random) -> tuple[float, str]:
    """The share of values of this kind that are found, and the surroundings in which most are missed."""
    missed: dict[str, int] = {}
    for _ in range(count):
        value = VALUES[name](rng)
        surroundings = rng.choice(_SURROUNDINGS)
        text = (
            surroundings.replace("{w}", rng.choice(_WORDS)).replace("{v}", value).replace("{{", "{").replace("}}", "}")
        )
        masked, _ = replace_detected(text, detection_of(frozenset({name})), {name: _REDACT})
        start = text.index(value)
        if masked[start : start + len(value)].strip("*"):  # a redaction is as long as what it hides
            missed[surroundings] = missed.get(surroundings, 0) + 1
    worst = max(missed, key=missed.__getitem__, default="")
    return 1 - sum(missed.values()) / count, worst


def false_positives(name: str, count: int, rng: random.Random) -> float:
    """The share of ordinary texts in which this detector takes something for a value."""
    detection = detection_of(frozenset({name}))
    texts = (rng.choice(_ORDINARY)(rng) for _ in range(count))
    return sum(replace_detected(text, detection, {name: _REDACT})[1] > 0 for text in texts) / count


def run(count: int, seed: int) -> dict[str, object]:
    """Recall and false positives of each detector; none is a failure, for detectors promise nothing."""
    found: dict[str, object] = {}
    for name in DETECTORS:
        rng = random.Random(f"detectors {seed} {name}")
        share, worst = recall(name, count // len(DETECTORS), rng)
        wrong = false_positives(name, count // len(DETECTORS), rng)
        print(f"{name:16} recall {share:6.1%}  false positives {wrong:6.2%}  most missed in {worst!r}", flush=True)
        found[name] = {"recall": round(share, 4), "false_positives": round(wrong, 4)}
    return {"seed": seed, **found, "failures": []}
