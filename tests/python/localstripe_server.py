"""localstripe, a server like Stripe that others have written, with nothing in it but what this run puts there.

Prints its port once it listens, and ends with its standard input.
"""

import asyncio
import logging
import os
import sys
import threading

from aiohttp import web
from localstripe import resources
from localstripe.server import app

# It would keep everything in one file for all that run at once.
resources.Store.dump_to_disk = lambda store: None
# Some tests ask for what it fails at, and look at the answer.
logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


async def main():
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(main())
