"""Writes psi.txt: population stability indexes as numpy works them out from their definition.

Of each case: bins asked for; the sample's values and their months (0 to 11); the edges; live values and their months; the index.
Run it here; geoclimate/model/training_sample_test.cc reads the file.
"""
import pathlib

import numpy as np


def edges_of(values, bins):
    finite = np.sort(values[np.isfinite(values)])
    return np.unique(np.quantile(finite, np.arange(1, bins) / bins, method="inverted_cdf"))


def counts_of(values, edges):
    present = values[~np.isnan(values)]
    inner = np.digitize(present, edges, right=True)
    return np.append(np.bincount(inner, minlength=len(edges) + 1), np.isnan(values).sum())


def shares(counts):
    return (counts + 0.5) / (counts + 0.5).sum()


def index(sample, months, edges, live, live_months):
    expected = np.zeros(len(edges) + 2)
    for month in np.unique(live_months):
        weight = (live_months == month).mean()
        of_month = sample[months == month] if (months == month).any() else sample
        expected += weight * shares(counts_of(of_month, edges))
    seen = shares(counts_of(live, edges))
    return ((seen - expected) * np.log(seen / expected)).sum()


def main():
    rng = np.random.default_rng(20201231)
    lines = ["# bins; values; months; edges; live values; live months; index (psi.py, numpy)"]
    for case in range(6):
        count, bins = (60, 5) if case < 3 else (120, 10)
        months = rng.integers(0, 12 if case % 2 else 3, count)
        values = np.round(rng.normal(months, 2, count), 2)
        if case == 5:
            values = np.round(values)
        values[rng.random(count) < 0.1] = np.nan
        live_months = rng.integers(0, 12, 40) if case != 2 else np.full(40, 11)
        live = np.round(rng.normal(live_months + case, 2, 40), 2)
        live[rng.random(40) < 0.2 * (case % 3)] = np.nan
        values, live = values.astype(np.float32), live.astype(np.float32)
        edges = edges_of(values, bins)
        fields = [str(bins), *(" ".join(f"{number:.9g}" for number in numbers)
                               for numbers in (values, months, edges, live, live_months)),
                  f"{index(values, months, edges, live, live_months):.15g}"]
        lines.append("; ".join(fields))
    (pathlib.Path(__file__).parent / "psi.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
