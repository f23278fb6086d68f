"""AWS Secrets Manager as moto emulates it. Prints its address, then for each line of standard input, a secret's new
value, the secret's ARN. Ends with its standard input."""

import os
import sys

sys.stderr = open(os.devnull, "w")

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
address = "http://%s:%d" % server.get_host_and_port()
print(address, flush=True)

client = boto3.client(
    "secretsmanager",
    endpoint_url=address,
    region_name="eu-west-2",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
arn = None
for line in sys.stdin:
    value = line.rstrip("\n")
    if arn is None:
        arn = client.create_secret(Name="/spike-land/test/database", SecretString=value)["ARN"]
    else:
        client.put_secret_value(SecretId=arn, SecretString=value)
    print(arn, flush=True)
