#!/bin/sh -eu
# Seals the files of this folder anew. Needs age, python3-cryptography and python3-yaml.
cd "$(dirname "$0")"
recipient() { age-keygen -y "$1.agekey"; }
seal() { /usr/bin/python3 sops-seal.py --recipient "$(recipient recovery)" --lastmodified 2026-01-31T12:00:00Z "$@"; }

seal --recipient "$(recipient host)" --comment " sealed with the values" < plain.yaml > sealed.yaml
seal --json < plain.yaml > sealed.json
seal --mac-only-encrypted < plain.yaml > mac-only-encrypted.yaml
seal --bad-mac < plain.yaml > bad-mac.yaml
seal --no-mac < plain.yaml > no-mac.yaml
seal --hidden-recipient "$(recipient stranger)" < plain.yaml > hidden-recipient.yaml
printf 'first: one\n---\nsecond: two\n' | seal > two-documents.yaml
printf 'any bytes at all\n' | seal --binary > notes.md
