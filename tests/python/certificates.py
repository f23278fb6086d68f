"""Reads certificates with OpenSSL and prints of each: its name, for how many days it is good, and what its file has to be called.

Reads a list of paths as JSON from standard input.
"""

import _ssl
import ctypes
import json
import ssl
import sys
import time

# Python's own library has no call for the name under which OpenSSL looks for a root in a folder.
libcrypto = ctypes.CDLL(_ssl.__file__)
libcrypto.d2i_X509.restype = ctypes.c_void_p
libcrypto.d2i_X509.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_long]
libcrypto.X509_subject_name_hash.restype = ctypes.c_ulong
libcrypto.X509_subject_name_hash.argtypes = [ctypes.c_void_p]


def file_name(der):
    certificate = libcrypto.d2i_X509(None, ctypes.byref(ctypes.c_char_p(der)), len(der))
    return f"{libcrypto.X509_subject_name_hash(certificate):08x}.0"


def read(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    # One a file, and an authority's: others are not listed.
    [certificate], [der] = context.get_ca_certs(), context.get_ca_certs(binary_form=True)
    fields = {key: value for part in certificate["subject"] for key, value in part}
    days = int((ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86_400)
    return {"name": fields["commonName"], "days": days, "file": file_name(der)}


json.dump([read(path) for path in json.load(sys.stdin)], sys.stdout)
