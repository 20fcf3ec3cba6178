"""`python -m unittest` in this folder, with what `requirements.txt` names installed."""

import re
import subprocess
import sys
import unittest
from datetime import datetime
from pathlib import Path

FOLDER = Path(__file__).parent

# What Katib 0.19 takes for a metric when an experiment names no format of its own.
METRIC = re.compile(r"([\w|-]+)\s*=\s*([+-]?\d*(?:\.\d+)?(?:[Ee][+-]?\d+)?)")


def train(*options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, FOLDER / "train.py", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Train(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = train("--data", str(FOLDER / "sample/prices.csv"), "--n=5", "--learning-rate=0.01", "--epochs=30")
        assert done.returncode == 0, done.stderr
        cls.lines = done.stdout.splitlines()

    def test_each_line_begins_with_its_time(self):
        times = [datetime.fromisoformat(line.split(" ")[0].replace("Z", "+00:00")) for line in self.lines]

        self.assertEqual(len(times), 30)
        self.assertEqual(times, sorted(times))

    def test_katib_finds_every_metric(self):
        for line in self.lines:
            found = dict(METRIC.findall(line))
            for name in ["Training-Loss", "Training-MAE", "Validation-Loss", "Validation-MAE"]:
                self.assertGreater(float(found[name]), 0)

    def test_it_learns(self):
        errors = [float(dict(METRIC.findall(line))["Validation-MAE"]) for line in self.lines]

        self.assertLess(errors[-1], errors[0] / 4)

    def test_a_file_that_is_too_short_is_refused(self):
        done = train("--data", str(FOLDER / "sample/prices.csv"), "--n=255")

        self.assertEqual(done.returncode, 1)
        self.assertIn("'--data' must have at least 265 prices for '--n' 255, got 260", done.stderr)


if __name__ == "__main__":
    unittest.main()
