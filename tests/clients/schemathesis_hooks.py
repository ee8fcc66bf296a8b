"""Which operations were asked, and what was answered?

Written down at the end, so that the test can see that a run was not for nothing: one whose requests
are all refused finds no fault either.
"""

import atexit
import collections
import json
import os

import schemathesis

tally = collections.defaultdict(collections.Counter)


@schemathesis.hook
def after_call(context, case, response):
    # A request with a method that the path does not have is none of the operation's.
    if case.method.upper() == case.operation.method.upper():
        tally[case.operation.label][response.status_code] += 1


@atexit.register
def write():
    with open(os.environ["TALLY"], "w", encoding="utf-8") as file:
        json.dump(tally, file, indent=1, sort_keys=True)
