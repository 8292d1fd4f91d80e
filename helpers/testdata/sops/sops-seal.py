#!/usr/bin/env python3
"""Seal a YAML file as sops does. Needs age on PATH, python3-cryptography and python3-yaml.

    sops-seal.py --recipient age1… [--recipient age1…] [--lastmodified 2026-01-31T12:00:00Z] < plain.yaml > sealed.yaml

Maps, lists, strings, ints, floats, bools, nulls and several documents; keys that end in _unencrypted stay readable.
Every value is sealed with AES-256-GCM under one data key, 32-byte nonce, for its place: the map keys down to it joined
with ":" and one more ":". The MAC is SHA-512 over all values in order; it is sealed for lastmodified. The data key goes
to each recipient in an age file of its own. This shares no code with the verifier: the two check each other.
"""

import argparse
import base64
import datetime
import decimal
import hashlib
import json
import os
import subprocess
import sys

import yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUFFIX = "_unencrypted"


def as_bytes(value):
    """The type sops gives a value, and the bytes it seals and hashes for it."""
    if isinstance(value, bool):
        return "bool", b"True" if value else b"False"
    if isinstance(value, int):
        return "int", b"%d" % value
    if isinstance(value, float):
        plain = format(decimal.Decimal(repr(value)), "f")
        return "float", (plain.rstrip("0").rstrip(".") if "." in plain else plain).encode()
    return "str", value.encode()


def b64(data):
    return base64.b64encode(data).decode()


class Sealer:
    def __init__(self, only_encrypted=False):
        self.key = os.urandom(32)
        self.only_encrypted = only_encrypted
        self.hash = hashlib.sha512(hashlib.sha256(b"sops").digest() if only_encrypted else b"")

    def enc(self, plaintext, kind, aad):
        iv = os.urandom(32)
        sealed = AESGCM(self.key).encrypt(iv, plaintext, aad.encode())
        return f"ENC[AES256_GCM,data:{b64(sealed[:-16])},iv:{b64(iv)},tag:{b64(sealed[-16:])},type:{kind}]"

    def seal(self, value, keys=()):
        if isinstance(value, dict):
            return {key: self.seal(item, (*keys, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.seal(item, keys) for item in value]
        if value is None:
            return None
        kind, plaintext = as_bytes(value)
        readable = any(key.endswith(SUFFIX) for key in keys)
        if not (readable and self.only_encrypted):
            self.hash.update(plaintext)
        if readable or value == "":
            return value
        return self.enc(plaintext, kind, "".join(f"{key}:" for key in keys))

    def mac(self, lastmodified):
        return self.enc(self.hash.hexdigest().upper().encode(), "str", lastmodified)


def age_file(data_key, recipients):
    """One armored age file that any of the recipients opens."""
    flags = [flag for recipient in recipients for flag in ("-r", recipient)]
    return subprocess.run(["age", "-a", *flags], input=data_key, stdout=subprocess.PIPE, check=True).stdout.decode()


def seal_documents(documents, options):
    sealer = Sealer(options.mac_only_encrypted)
    sealed = [sealer.seal(document or {}) for document in documents]
    if options.bad_mac:
        sealer.hash.update(b"one byte more than the values are")
    entries = [{"recipient": r, "enc": age_file(sealer.key, [r, *options.hidden_recipient])} for r in options.recipient]
    sops = {"kms": [], "gcp_kms": [], "azure_kv": [], "hc_vault": [], "age": entries}
    sops["lastmodified"] = options.lastmodified
    if not options.no_mac:
        sops["mac"] = sealer.mac(options.lastmodified)
    sops |= {"pgp": [], "unencrypted_suffix": SUFFIX}
    if options.mac_only_encrypted:
        sops["mac_only_encrypted"] = True
    sops["version"] = "3.9.4"
    comment = f"#{sealer.enc(options.comment.encode(), 'comment', ':')}\n" if options.comment else ""
    return comment, [{**document, "sops": sops} for document in sealed]


class Dumper(yaml.SafeDumper):
    """Block style for texts of several lines; no anchors for what occurs twice."""

    def ignore_aliases(self, data):
        return True


def text(dumper, value):
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


Dumper.add_representer(str, text)


def dump(documents):
    return yaml.dump_all(documents, Dumper=Dumper, sort_keys=False, indent=4, width=2**31, allow_unicode=True)


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipient", action="append", required=True, metavar="age1…")
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    parser.add_argument("--lastmodified", default=now, metavar="RFC3339")
    parser.add_argument("--mac-only-encrypted", action="store_true")
    parser.add_argument("--comment", help="a comment at the top, sealed as sops seals comments")
    parser.add_argument("--json", action="store_true", help="write JSON")
    parser.add_argument("--binary", action="store_true", help="stdin is any text, sealed as JSON with one value: data")
    parser.add_argument("--batch", action="store_true", help="stdin is one JSON document a line; so is stdout, of texts")
    broken = parser.add_argument_group("ways to break it")
    broken.add_argument("--bad-mac", action="store_true", help="seal a MAC of other values")
    broken.add_argument("--no-mac", action="store_true", help="leave the MAC out")
    broken.add_argument("--hidden-recipient", action="append", default=[], metavar="age1…", help="opens it, unlisted")
    return parser.parse_args()


def main():
    chosen = options()
    if chosen.batch:
        for line in sys.stdin:
            comment, sealed = seal_documents([json.loads(line)], chosen)
            print(json.dumps(comment + dump(sealed)))
        return
    if chosen.binary:
        documents = [{"data": sys.stdin.read()}]
    else:
        documents = list(yaml.safe_load_all(sys.stdin))
    comment, sealed = seal_documents(documents, chosen)
    if chosen.json or chosen.binary:
        print(json.dumps(sealed[0], indent="\t"))
    else:
        sys.stdout.write(comment + dump(sealed))


if __name__ == "__main__":
    main()
