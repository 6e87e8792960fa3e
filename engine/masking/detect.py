"""Recognisers of sensitive values in text: a bulk scan nominates, a careful look at the value decides.

The bulk scan (hyperscan) runs over raw wire bytes in which length bytes between cells can be digits or letters, so
its patterns carry no word boundaries and only say "look here". Boundaries, checksums and number plans are judged on
the value itself. What a detector cannot see (a number split over two columns, a value reversed or encoded) passes:
name the column in a masking rule where it must not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import hyperscan
import phonenumbers
from stdnum import iban


@dataclass(frozen=True, slots=True)
class Detector:
    """One kind of value. `nominates` scans bytes without boundaries, `shape` finds candidates, `genuine` says how many
    of a candidate's first characters are a real value (0: none).

    Nothing is nominated without one of its `traces`: bytes of the text itself, or of the text `_folded`.

    `longest` is how many characters a value has at most that a stream of bytes recognises; `private_key` has no bound,
    and a stream takes it line by line. `opens` matches all beginnings of a candidate; it is empty where a stream has
    its own way of telling (`tails`, `keyblocks`)."""

    name: str
    traces: tuple[bytes, ...]
    nominates: bytes
    shape: re.Pattern[str]
    genuine: Callable[[str], int]
    longest: int = 0
    opens: str = ""


_DOUBLED = str.maketrans("0123456789", "0246813579")


def _whole(candidate: str) -> int:
    return len(candidate)


def _card(candidate: str) -> int:
    """The longest head of 13 to 19 digits that passes Luhn's check: other digits may follow a card's."""
    for end in range(len(candidate), 12, -1):
        digits = candidate[:end].replace(" ", "").replace("-", "")
        if candidate[end - 1].isdigit() and 13 <= len(digits) <= 19 and len(set(digits)) > 1 and passes_luhn(digits):
            return end
    return 0


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right counts as its double's digits."""
    total = sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))
    return total % 10 == 0


def _iban(candidate: str) -> int:
    return len(candidate) if iban.is_valid(candidate.upper(), check_country=False) else 0


def _ssn(candidate: str) -> int:
    area, group, serial = candidate[:3], candidate[4:6], candidate[7:]
    return len(candidate) if area not in ("000", "666") and area < "900" and group != "00" and serial != "0000" else 0


def _phone(candidate: str) -> int:
    try:
        number = phonenumbers.parse(candidate, "US")
    except phonenumbers.NumberParseException:
        return 0
    return len(candidate) if phonenumbers.is_possible_number(number) else 0


# Text in another encoding than UTF-8 has its letters as bytes that could not be decoded.
LETTERS = r"\w\udc80-\udcff"
LOCAL = rf"{LETTERS}.!#$%&'*+/=?^`{{|}}~-"

LONGEST_LOCAL = 64  # characters before the @ of an address, RFC 5321 section 4.5.3.1.1
LONGEST_DOMAIN = 255  # and behind it, section 4.5.3.1.2

DETECTORS = {
    detector.name: detector
    for detector in (
        Detector(
            "credit_card",
            (b"0" * 13,),
            rb"[0-9](?:[ -]?[0-9]){12}",
            re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])"),
            _card,
            37,
            r"(?<![0-9])[0-9](?:[ -]?[0-9]){0,18}[ -]?",
        ),
        Detector(
            "email",
            (b"@",),
            rb"[^\s@\x00-\x1f]@[^\s@\x00-\x1f]",
            re.compile(rf"(?<![{LOCAL}])[{LOCAL}]+@(?:[{LETTERS}-]+\.)+[{LETTERS}-]{{2,}}"),
            _whole,
            LONGEST_LOCAL + 1 + LONGEST_DOMAIN,
        ),
        Detector(
            "iban",
            (b"aa00",),
            rb"[A-Za-z]{2}[0-9]{2} ?[A-Za-z0-9]{4} ?[A-Za-z0-9]{4}",
            re.compile(
                r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])"
            ),
            _iban,
            43,
            r"(?<![A-Za-z0-9])[A-Za-z](?:[A-Za-z](?:[0-9](?:[0-9]"
            r"(?: ?[A-Za-z0-9]{4}){0,7}(?: ?[A-Za-z0-9]{0,3})?)?)?)?",
        ),
        Detector(
            "us_ssn",
            (b"0" * 9,),
            rb"[0-9]{3}-[0-9]{2}-[0-9]{4}",
            re.compile(r"(?<![0-9-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![0-9-])"),
            _ssn,
            11,
            r"(?<![0-9-])(?:[0-9]{3}-[0-9]{2}-[0-9]{0,4}|[0-9]{3}-[0-9]{0,2}|[0-9]{1,3})",
        ),
        Detector(
            "phone",
            (b"+0", b"0" * 10),
            rb"\+[0-9][0-9 ().-]{6}|[0-9]{3}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}",
            re.compile(
                r"\+[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])"
                r"|(?<![0-9+.-])(?:1[ .-])?\(?[0-9]{3}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}(?![0-9-])"
            ),
            _phone,
            44,
            r"\+(?:[0-9](?:[ ().-]{0,2}[0-9]){0,14}[ ().-]{0,2})?"
            r"|(?<![0-9+.-])(?:1[ .-])?(?:\(?[0-9]{1,3}|\(|\(?[0-9]{3}\)?[ .-]{0,2}(?:(?<=[ .-])[0-9]{0,3}"
            r"|(?<=[ .-])[0-9]{3}[ .-][0-9]{0,4})?)|(?<![0-9+.-])1[ .-]",
        ),
        Detector(
            "jwt",
            (b"eyJ",),
            rb"eyJ[A-Za-z0-9_-]{5}",
            # A second beginning in the first part begins anew: a run of beginnings is read once, not from each of them.
            re.compile(r"eyJ(?:(?!eyJ)[A-Za-z0-9_-]){5,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*"),
            _whole,
            8192,
        ),
        Detector(
            "aws_access_key",
            (b"IA",),
            rb"A(?:KIA|SIA)[A-Z0-9]{16}",
            re.compile(r"(?<![A-Z0-9])A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Z0-9])"),
            _whole,
            20,
            r"(?<![A-Z0-9])A(?:[KS](?:I(?:A[A-Z0-9]{0,16})?)?)?",
        ),
        Detector(
            "private_key",
            (b"-----BEGIN",),
            rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY",
            re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?:(?!-----END)[\s\S])*(?:-----END[A-Z -]*)?"),
            _whole,
        ),
    )
}


_SMALL = 1024  # bytes; in less a glance for traces costs less than a call of the scanner, which gives up the GIL
_GAPS = b" -()."  # what may stand between the digits of a number
_FOLD = bytes.maketrans(b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz", b"0" * 9 + b"a" * 51)
_FOLDED = frozenset(b"0a+")

Nomination = tuple[int, int]
"""The offset at which a candidate ends, and the number of the detector it is one for."""


class Detection:
    """A set of detectors compiled together; make it through `detection_of`, which keeps one per set."""

    def __init__(self, names: Iterable[str]) -> None:
        self.detectors = tuple(DETECTORS[name] for name in names)
        traces = {trace for detector in self.detectors for trace in detector.traces}
        traces = {trace for trace in traces if not any(other != trace and other in trace for other in traces)}
        self._traces_folded = tuple(trace for trace in traces if _FOLDED.issuperset(trace))
        self._traces = tuple(traces.difference(self._traces_folded))
        self._database = hyperscan.Database()
        self._database.compile(
            expressions=[detector.nominates for detector in self.detectors],
            ids=list(range(len(self.detectors))),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(self.detectors),
        )
        self._scratch = hyperscan.Scratch(self._database)
        self._database.scratch = self._scratch

    def nominated(self, chunk: bytes | bytearray) -> list[Nomination]:
        """Where candidates end, ascending; empty for most chunks, and then nothing else need be done.

        What `find` would find in a part of the chunk has a nomination of its detector that ends inside it.
        """
        found: list[Nomination] = []
        if len(chunk) < _SMALL and not self._has_trace(chunk):
            return found
        self._database.scan(chunk, match_event_handler=_collect, context=found)
        found.sort()
        return found

    def _has_trace(self, chunk: bytes | bytearray) -> bool:
        for trace in self._traces:
            if chunk.find(trace) >= 0:  # `in` tries bytes as a number first, and takes three times as long
                return True
        folded = chunk.translate(_FOLD, _GAPS)
        for trace in self._traces_folded:  # noqa: SIM110  # twice as fast as any()
            if folded.find(trace) >= 0:
                return True
        return False

    def find(self, text: str, among: Container[int] | None = None) -> Iterator[tuple[int, int, str]]:
        """(start, end, detector) of every value recognised in one text; spans of two detectors may overlap.

        `among` are the numbers of the detectors that look, all of them where it is None.
        """
        for number, detector in enumerate(self.detectors):
            if among is not None and number not in among:
                continue
            position = 0
            while match := detector.shape.search(text, position):
                if length := detector.genuine(match.group()):
                    position = match.start() + length
                    yield match.start(), position, detector.name
                else:  # a real value may begin inside a false candidate
                    position = match.start() + 1


def _collect(number: int, _start: int, end: int, _flags: int, found: object) -> None:
    assert isinstance(found, list)
    found.append((end, number))


@cache
def detection_of(names: frozenset[str]) -> Detection:
    """The compiled detectors of that set."""
    return Detection(sorted(names))
