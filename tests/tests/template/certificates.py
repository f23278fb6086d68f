"""Reads a file of certificates with OpenSSL and prints each one's name and for how many days it is still good.

Reads the path as JSON from standard input.
"""

import json
import ssl
import sys
import time

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(json.load(sys.stdin))


def name(certificate):
    fields = {key: value for part in certificate["subject"] for key, value in part}
    return fields["commonName"]


def days_left(certificate):
    return int((ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86_400)


json.dump([[name(it), days_left(it)] for it in context.get_ca_certs()], sys.stdout)
