"""What an approval gives: one run of these exact bytes, by this token of this identity, under this rule."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from engine.model import Decision, Identity, Operation, Target


def binding(key: bytes, identity: Identity, target: Target, operation: Operation, decision: Decision) -> str:
    """The keyed digest of all that an approval counts for.

    Two operations have the same one only if nothing a reviewer saw, and nothing that decides what would run, differs:
    text, typed parameters, target, database, role, search_path, accesses, who asks through which token on whose behalf,
    and the rule as it was. Keyed, since what is stored would else let texts be guessed.
    """
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in _parts(identity, target, operation, decision):
        # A length before each part: no two lists of parts run together into the same bytes.
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(encoded))
        digest.update(encoded)
    return digest.hexdigest()


def _parts(identity: Identity, target: Target, operation: Operation, decision: Decision) -> Iterator[str]:
    yield from ("identity", identity.subject, identity.kind, identity.sponsor or "")
    yield from (identity.on_behalf_of or "", identity.token or "", identity.token_minted_by or "")
    yield identity.vouched.login if identity.vouched is not None else ""  # its tokens change, who it is there does not
    yield from ("target", target.name, target.protocol, target.address)
    yield from ("operation", operation.kind, operation.verb, operation.text)
    yield from ("parameters", str(len(operation.parameters)))
    for parameter in operation.parameters:
        yield parameter.type_name
        yield "null" if parameter.value is None else f"={parameter.value}"
    yield from ("context", str(len(operation.context)))
    for name, value in sorted(operation.context):
        yield from (name, value)
    yield from ("accesses", str(len(operation.accesses)))
    for access in operation.accesses:
        resource = access.resource
        yield from (access.effect.value, resource.kind, resource.name, str(len(resource.columns)), *resource.columns)
    yield from ("rule", decision.rule_digest)
