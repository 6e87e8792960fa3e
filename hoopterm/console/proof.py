"""The proof that an entry is in the log, checked here: the engine's word is not taken for it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from engine.api.schema import EntryDetailView
from replay.note import Checkpoint, VerifierKey
from replay.tlog import hash_leaf, verify_inclusion


@dataclass(frozen=True, slots=True)
class Proven:
    """What came of checking a proof: `why` it does not hold, empty where it does. `key` is the one that signed."""

    why: str
    leaf: int
    size: int
    hashes: int
    signed: str | None
    origin: str
    key: str

    @property
    def holds(self) -> bool:
        """Whether the entry's bytes are at that place of the log that was signed."""
        return not self.why


def check(detail: EntryDetailView) -> Proven:
    """Check the hashes from the entry's bytes up to the root that the checkpoint signs (RFC 6962 section 2.1.1)."""
    proof = detail.proof
    origin = why = ""
    try:
        checkpoint = Checkpoint.open(proof.note.encode(), VerifierKey.parse(proof.key))
        origin = checkpoint.origin
        hashes = [base64.b64decode(each, validate=True) for each in proof.hashes]
        if (checkpoint.size, proof.leaf) != (proof.size, detail.sequence):
            why = "it is the proof of another entry, or of another checkpoint"
        elif not verify_inclusion(hash_leaf(detail.raw.encode()), proof.leaf, checkpoint.size, checkpoint.root, hashes):
            why = "the hashes do not lead from the entry to the signed root"
    except (ValueError, binascii.Error) as error:
        why = f"it does not read: {error}"
    return Proven(why, proof.leaf, proof.size, len(proof.hashes), proof.signed, origin, proof.key)
