"""Reads the mails of a folder, a Maildir or one of .eml files, and prints them as a JSON list, the oldest first."""

import email.policy
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path


class Links(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src")]


def read(path):
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    text, html = parts.get("text/plain", ""), parts.get("text/html", "")
    return {
        # What the mail itself says, and whom the server was told.
        "to": mail["To"],
        "recipients": mail.get("X-RcptTo", mail["To"]),
        "from": mail["From"],
        "subject": mail["Subject"],
        "headers": [[name.lower(), value] for name, value in mail.items()],
        "structure": [part.get_content_type() for part in mail.walk()],
        "text": text,
        "html": html,
        "links": re.findall(r"https?://\S+", text),
        "html_links": Links(html).found,
    }


folder = Path(sys.argv[1])
paths = [*folder.glob("new/*"), *folder.glob("cur/*"), *folder.glob("*.eml")]
json.dump([read(path) for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))], sys.stdout)
