"""Streams cut anywhere: what comes out does not depend on the cuts, and holds no planted value."""

from __future__ import annotations

from engine.masking.detect import DETECTORS
from engine.masking.plan import MaskRule, Masks
from engine.masking.stream import MOST_HELD, StreamMasker, lines, pipe, terminal
from engine.masking.transform import STRENGTH
from engine.model import Identity, Target
from tests.fuzz.feed import Feed, pieces

_PLANTED = (b"4111 1111 1111 1111", b"ada@engines.example", b"078-05-1120", b"AKIAIOSFODNN7EXAMPLE")
_KEY = b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIGLOrBpeRaJ\n-----END EC PRIVATE KEY-----"
_PARTS = (
    *_PLANTED,
    _KEY,
    _KEY[:40],
    b"\x1b[1m",
    b"\x1b]0;",
    b"eyJhbGci.",
    b"DE89 3704",
    b"+1 (",
    b"PuTTY-User-Key-File-",
    b" \r",
)


def stream(data: bytes) -> None:
    """Bytes with values, parts of values and sequences among them, through each masker."""
    feed = Feed(data)
    strategy, sizes = feed.choice(sorted(STRENGTH)), feed.sized(8)
    text = b""
    while feed:
        text += feed.choice(_PARTS) if feed.flag() else feed.sized(24)
        if feed.flag():
            text += b"\n" + feed.choice(_PLANTED) + b"\n"
    masks = Masks(
        [MaskRule("r", detect=tuple(DETECTORS), strategy=strategy)],
        Identity("a", "agent"),
        Target("t", "ssh", ""),
        b"k",
    )
    whole = _through(pipe(masks), [text])
    for masker in (pipe(masks), lines(masks)):
        assert _through(masker, list(pieces(text, sizes))) == whole, (text, sizes)
    if strategy == "redact":  # with others what stands around a value can look like a planted one
        assert not any(b"\n" + value + b"\n" in whole for value in _PLANTED), text
    if whole == text:
        _through(terminal(masks), list(pieces(text, sizes)))


def _through(masker: StreamMasker, chunks: list[bytes]) -> bytes:
    out, given = b"", 0
    for chunk in chunks:
        given += len(chunk)
        out += masker.mask(chunk)
    assert masker.masked or given - len(out) <= MOST_HELD + 1024, "more is held than there is room for"
    return out + masker.finish()
