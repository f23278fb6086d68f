"""A mail server on this machine that keeps what it gets in a Maildir, and refuses as real ones do.

Called with a port (0 for a free one), the folder, and for TLS one of `smtps` and `starttls` with the files of a certificate and
its key. Prints the port once it listens, and ends with its standard input.
"""

import asyncio
import os
import ssl
import sys
import threading

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"post@spike.land", "p/w \u00e9:@".encode()


class Letters(Mailbox):
    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("stranger@"):
            return "550 5.7.1 We do not know this sender"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "nobody":
            return f"550 5.1.1 <{address}>: there is no such mailbox"
        if name == "busy":
            return f"450 4.2.1 <{address}>: try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("slow@"):
            await asyncio.sleep(60)
        return await super().handle_DATA(server, session, envelope)


def authenticate(server, session, envelope, mechanism, login):
    # Not handled: the server itself says so when it is wrong.
    return AuthResult(success=(login.login, login.password) == (USER, PASSWORD), handled=False)


async def main(port, folder, tls=None, certificate=None, key=None):
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    upgraded = context if tls == "starttls" else None
    letters = Letters(folder)

    def session():
        return SMTP(letters, hostname="mail.test", authenticator=authenticate, auth_require_tls=False,
                    tls_context=upgraded, require_starttls=bool(upgraded))

    server = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", int(port), ssl=context if tls == "smtps" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(main(*sys.argv[1:]))
