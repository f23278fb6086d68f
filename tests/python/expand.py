"""Expands SAM templates as a deployment does, and lints what comes out.

Reads {name: text} as JSON from standard input and prints {name: {"problems": [text], "expanded": template or null}}.
"""

import json
import multiprocessing
import os
import sys

# Nothing is asked of AWS, but the translator wants to know where it would be.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-2")

from cfnlint.api import lint
from samtranslator.model.exceptions import ExceptionWithMessage
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class ManagedPolicies:
    """The policies that a template may name. Ours names none."""

    def load(self):
        return {}


def upload(template):
    """A deployment uploads folders and puts their addresses in; SAM accepts nothing else."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(key), str):
                properties[key] = "s3://bucket/" + properties[key]


def check(text):
    try:
        template = yaml_parse(text)
        upload(template)
        expanded = transform(template, {}, ManagedPolicies())
    except ExceptionWithMessage as error:
        causes = getattr(error, "causes", None) or [error]
        return {"problems": [f"SAM: {cause.message}" for cause in causes], "expanded": None}
    matches = lint(json.dumps(expanded), regions=[os.environ["AWS_DEFAULT_REGION"]])
    problems = [f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}" for match in matches]
    return {"problems": problems, "expanded": expanded}


if __name__ == "__main__":
    templates = json.load(sys.stdin)
    # Each takes seconds of one processor.
    with multiprocessing.Pool() as pool:
        json.dump(dict(zip(templates, pool.map(check, templates.values()))), sys.stdout)
