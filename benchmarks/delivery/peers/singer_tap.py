"""A Singer tap over the prepared records: SCHEMA, then RECORD and STATE one after the other.

State after every record is the best that a tap can do for a target; the SDK's own taps send it less often.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

SCHEMA = {
    "type": "SCHEMA",
    "stream": "invoices",
    "key_properties": ["key"],
    "bookmark_properties": ["seq"],
    "schema": {
        "type": "object",
        "properties": {"seq": {"type": "integer"}, "key": {"type": "string"}, "body": {"type": "string"}},
    },
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--state", type=Path, help="the target's last state; read when it is there")
    given = parser.parse_args()
    place = 0
    if given.state and given.state.exists() and (text := given.state.read_text().strip()):
        place = json.loads(text)["bookmarks"]["invoices"]["replication_key_value"]
    print(json.dumps(SCHEMA))
    for line in given.records.open():
        record = json.loads(line)
        if record["seq"] <= place:
            continue
        print(json.dumps({"type": "RECORD", "stream": "invoices", "record": record}))
        bookmark = {"replication_key": "seq", "replication_key_value": record["seq"]}
        print(json.dumps({"type": "STATE", "value": {"bookmarks": {"invoices": bookmark}}}), flush=True)


if __name__ == "__main__":
    main()
