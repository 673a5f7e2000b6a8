#!/usr/bin/env python3
"""Verifies a record of a decision (`rank --record`) with Python's standard library alone.

    python3 scripts/verify_record.py FILE [ROOT]

Shares no code with the library: whoever is given a record can check it without it. Hashes are SHA-256 over the bytes of
the parts as they stand in the file. With ROOT, the root must be that one. Prints the root and what was erased; a record
that does not hold ends with an error.
"""

import hashlib
import json
import sys


def hashed(label, pieces):
    """SHA-256 over a label and pieces, each after its length in 8 bytes, the least significant first."""
    hasher = hashlib.sha256()
    for piece in [label.encode(), *pieces]:
        hasher.update(len(piece).to_bytes(8, "little"))
        hasher.update(piece)
    return hasher.hexdigest()


def slots(text, key):
    """The slots under a key: each hash, and the part's bytes as they stand in the file (None if erased)."""
    decoder = json.JSONDecoder()
    at = text.index('"%s":' % key) + len(key) + 3
    single = text[at] != "["
    at += not single
    while text[at] == "{":
        assert text.startswith('{"sha256":"', at), "no slot at %d" % at
        digest = text[at + 11 : at + 75]
        start = at + 75 + len('","part":')
        _, end = decoder.raw_decode(text, start)
        raw = text[start:end]
        yield digest, None if raw == "null" else raw.encode()
        at = end + 1
        if single or text[at] == "]":
            return
        at += 1


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    record = json.loads(text)
    assert (record["format"], record["version"]) == ("ranker decision record", 1), "another format"
    # A job's text could hold any words: a part ends where JSON says so, not where words do.
    decoder = json.JSONDecoder()
    at = text.index('"making":') + len('"making":')
    _, end = decoder.raw_decode(text, at)
    making, people = text[:end], text[end + 1 :]
    _, end = decoder.raw_decode(people, len('"candidates":'))
    people, shown = people[:end], people[end + 1 :]
    hashes, erased = [], []
    for key, label, part in [
        ("making", "making", making),
        ("candidates", "candidate", people),
        ("showings", "showing", shown),
    ]:
        for number, (digest, raw) in enumerate(slots(part, key), 1):
            if raw is None:
                erased.append("%s %d" % (label, number))
            elif hashed("ranker decision 1: " + label, [raw]) != digest:
                sys.exit("%s %d is not what was recorded" % (label, number))
            hashes.append(digest.encode())
    counts = [len(record[key]).to_bytes(8, "little") for key in ("candidates", "showings")]
    if hashed("ranker decision 1: root", counts + hashes) != record["root"]:
        sys.exit("the root is not that of the parts")
    if len(sys.argv) > 2 and sys.argv[2] != record["root"]:
        sys.exit("the root is not the one that was kept")
    print("holds; root", record["root"] + ("; erased: " + ", ".join(erased) if erased else ""))


if __name__ == "__main__":
    main()
