"""Windows of one and of five minutes by Bytewax: the dataflow reads PEER_FILE and writes PEER_ROWS.

As somebody would tune it who knows Bytewax: lines come in large batches, a whole batch is parsed in one call, and one stateful_batch
does both windows. Two fold_window in a row were tried first: they do several times the work for an observation, and have to be told by
to_system_utc not to wake every key whose windows lie in the past. More workers of a process share one interpreter lock.
"""

import json
import os
from datetime import datetime

import bytewax.operators as op
from bytewax.connectors.files import FileSink, FileSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic

LATENESS_MILLIS = 300_000
MINUTE = 60_000
FIVE_MINUTES = 300_000
BATCH_LINES = 100_000
NEVER = float("inf")


def observations(lines):
    """Each line as (key, (epoch milliseconds, result))."""
    parsed = []
    for line in lines:
        item = json.loads(line)
        millis = round(datetime.fromisoformat(item["phenomenonTime"]).timestamp() * 1000)
        parsed.append((item["sensorId"] + "," + item["property"], (millis, item["result"])))
    return parsed


class Windows(StatefulBatchLogic):
    """The windows of one key; a minute keeps its results by time, so that a repeated observation counts once."""

    def __init__(self, state):
        self.watermark, self.due, self.minutes, self.fives = state or (0, NEVER, {}, {})

    def on_batch(self, values):
        for time, result in values:
            start = time - time % MINUTE
            if start + MINUTE <= self.watermark:
                continue
            if time - LATENESS_MILLIS > self.watermark:
                self.watermark = time - LATENESS_MILLIS
            results = self.minutes.get(start)
            if results is None:
                self.minutes[start] = {time: result}
                self.due = min(self.due, start + MINUTE)
            else:
                results[time] = result
        return self.close() if self.watermark >= self.due else (), False

    def on_eof(self):
        self.watermark = NEVER
        return self.close(), True

    def on_notify(self):
        return (), False

    def notify_at(self):
        return None

    def snapshot(self):
        minutes = {start: dict(results) for start, results in self.minutes.items()}
        return self.watermark, self.due, minutes, dict(self.fives)

    def close(self):
        """Everything the watermark has passed, minutes first."""
        closed = []
        for start in self.passed(self.minutes, MINUTE):
            window = summary(self.minutes.pop(start))
            closed.append((MINUTE, start, window))
            five = start - start % FIVE_MINUTES
            self.fives[five] = merged(self.fives[five], window) if five in self.fives else window
        for start in self.passed(self.fives, FIVE_MINUTES):
            closed.append((FIVE_MINUTES, start, self.fives.pop(start)))
        ends = [start + MINUTE for start in self.minutes] + [start + FIVE_MINUTES for start in self.fives]
        self.due = min(ends, default=NEVER)
        return closed

    def passed(self, windows, size):
        return sorted(start for start in windows if start + size <= self.watermark)


def summary(results):
    """Count, mean, sum of squared deviations, min, max, last and its time."""
    n = len(results)
    mean = sum(results.values()) / n
    last = max(results)
    m2 = sum((result - mean) ** 2 for result in results.values())
    return n, mean, m2, min(results.values()), max(results.values()), results[last], last


def merged(a, b):
    """Of two windows, the later one last (Chan, Golub & LeVeque 1979, eq. 2.1)."""
    n = a[0] + b[0]
    delta = b[1] - a[1]
    m2 = a[2] + b[2] + delta * delta * a[0] * b[0] / n
    return n, a[1] + delta * b[0] / n, m2, min(a[3], b[3]), max(a[4], b[4]), b[5], b[6]


def row(of_key):
    key, (size, start, (n, mean, m2, low, high, last, _)) = of_key
    return key, f"{key},{size},{start},{n},{mean},{m2 / n},{low},{high},{last}"


flow = Dataflow("windows")
lines = op.input("file", flow, FileSource(os.environ["PEER_FILE"], batch_size=BATCH_LINES))
parsed = op.flat_map_batch("parse", lines, observations)
windows = op.stateful_batch("windows", parsed, Windows)
op.output("rows", op.map("row", windows, row), FileSink(os.environ["PEER_ROWS"]))
