"""AWS Secrets Manager as moto emulates it. Prints its address, then for each line of standard input the secret's ARN. A
line is the secret's new value, after how many seconds ago it was made. Ends with its standard input."""

import os
import sys
import time
import types

sys.stderr = open(os.devnull, "w")

import boto3
from moto.secretsmanager import models
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
    age, value = line.rstrip("\n").split(" ", 1)
    models.time = types.SimpleNamespace(time=lambda: time.time() - int(age))
    if arn is None:
        arn = client.create_secret(Name="/spike-land/test/database", SecretString=value)["ARN"]
    else:
        client.put_secret_value(SecretId=arn, SecretString=value)
    print(arn, flush=True)
