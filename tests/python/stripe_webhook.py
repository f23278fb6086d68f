"""Verifies a webhook with Stripe's own library and prints the event's id, or why it is refused.

Reads {"payload", "secret", "header"} as JSON from standard input.
"""

import json
import sys

import stripe

request = json.load(sys.stdin)
try:
    event = stripe.Webhook.construct_event(request["payload"], request["header"], request["secret"])
    print(json.dumps({"event": event["id"]}))
except stripe.SignatureVerificationError as error:
    print(json.dumps({"refused": str(error)}))
