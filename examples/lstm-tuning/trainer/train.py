"""Learns to tell the next closing price from those of the days before, and prints what Katib reads.

Each line begins with its time, RFC 3339, as early stopping needs it, and has `name=value` pairs, which Katib's collector finds in
the standard output. Prices come from one CSV file with the columns `date` and `close`, on the disk or in a bucket:
`s3://bucket/key`, with the endpoint and the key in the variables that every client of AWS knows.
"""

import argparse
import csv
import io
import os
from datetime import datetime, timezone
from urllib.parse import urlparse

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402
import numpy as np  # noqa: E402


def read(location: str) -> np.ndarray:
    """Closing prices in the order of their dates."""
    url = urlparse(location)
    if url.scheme == "s3":
        import boto3

        body = boto3.client("s3").get_object(Bucket=url.netloc, Key=url.path.lstrip("/"))["Body"]
        text = body.read().decode()
    else:
        with open(location, encoding="utf-8") as file:
            text = file.read()
    rows = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["date"])
    return np.array([float(row["close"]) for row in rows])


def windows(prices: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Each run of `n` prices, shaped (samples, n, 1), and the price after it."""
    if len(prices) < n + 10:
        raise SystemExit(f"'--data' must have at least {n + 10} prices for '--n' {n}, got {len(prices)}")
    inputs = np.lib.stride_tricks.sliding_window_view(prices[:-1], n)
    return inputs[..., np.newaxis], prices[n:]


def build(n: int, learning_rate: float) -> keras.Model:
    model = keras.Sequential(
        [
            keras.layers.Input((n, 1)),
            keras.layers.LSTM(64),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    optimizer = keras.optimizers.Adam(learning_rate=learning_rate)
    model.compile(loss="mse", optimizer=optimizer, metrics=["mean_absolute_error"])
    return model


class Report(keras.callbacks.Callback):
    """Prints the metrics of each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        metrics = {
            "Training-Loss": logs["loss"],
            "Training-MAE": logs["mean_absolute_error"],
            "Validation-Loss": logs["val_loss"],
            "Validation-MAE": logs["val_mean_absolute_error"],
        }
        time = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
        pairs = " ".join(f"{name}={value:.6f}" for name, value in metrics.items())
        print(f"{time} epoch={epoch + 1} {pairs}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="a CSV file, or s3://bucket/key")
    parser.add_argument("--n", type=int, default=3, help="days in a window")
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    keras.utils.set_random_seed(options.seed)
    inputs, targets = windows(read(options.data), options.n)
    # The newest tenth is kept back: nothing is chosen by it.
    train, validate = int(len(inputs) * 0.8), int(len(inputs) * 0.9)
    build(options.n, options.learning_rate).fit(
        inputs[:train],
        targets[:train],
        validation_data=(inputs[train:validate], targets[train:validate]),
        epochs=options.epochs,
        verbose=0,
        callbacks=[Report()],
    )


if __name__ == "__main__":
    main()
