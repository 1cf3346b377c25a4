"""Virtual patients against a second way to draw them: Philox from its published algorithm, quantiles from the library.

Philox4x64-10: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; known answers from the authors'
Random123 library.
"""

import math
from hashlib import blake2b
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from itp_sim.parameters import records
from itp_sim.population import virtual_patients
from itp_sim.uniforms import stream

WORD = 2**64
NORMAL = NormalDist()
ADULTS = records("adult_chronic")


def philox(counter, key):
    """Philox4x64-10."""
    c, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(0xD2E7470EE14C6C93 * c[0], WORD)
        high1, low1 = divmod(0xCA5A826395121157 * c[2], WORD)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B97F4A7C15) % WORD, (k[1] + 0xBB67AE8584CAA73B) % WORD]
    return c


def uniform(name, patient, *, seed, attempt=0):
    """The draw that is addressed by name, patient, seed and attempt."""
    block, word = divmod(attempt, 4)
    digest = blake2b(f"{name}\n{block}".encode(), digest_size=8).digest()
    words = philox([patient + 1, 0, 0, 0], [seed, int.from_bytes(digest, "little")])
    return ((words[word] >> 12) + 0.5) / 2**52


def quantile(record, u):
    """Value of a truncated log-normal, or of a share whose logit is a truncated normal."""
    to, back = (
        (lambda x: math.log(x / record.value), lambda y: record.value * math.exp(y))
        if record.logit_sd is None
        else (
            lambda x: math.log(x / (1 - x)) - math.log(record.value / (1 - record.value)),
            lambda y: 1 / (1 + (1 - record.value) / record.value * math.exp(-y)),
        )
    )
    low, high = (
        NORMAL.cdf(to(end) / record.omega) if 0 < end < 1 or not record.logit_sd else end for end in record.limits
    )
    return back(record.omega * NORMAL.inv_cdf(low + u * (high - low)))


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ([0] * 4, [0] * 2, "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
        ([WORD - 1] * 4, [WORD - 1] * 2, "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0"),
        (
            [0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89],
            [0x452821E638D01377, 0xBE5466CF34E90C6C],
            "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
        ),
    ],
)
def test_this_philox_gives_the_known_answers(counter, key, answer):
    assert philox(counter, key) == [int(word, 16) for word in answer.split()]


@pytest.mark.parametrize("seed", [0, 1, 2**53 + 1, 2**63 - 1])
@pytest.mark.parametrize("attempt", [0, 3, 4, 63])
def test_streams_are_philox_addressed_by_name(seed, attempt):
    for name in ("P0", "EPS", "V1 stratum"):
        for first in (0, 17, 2**40):
            drawn = stream(name, 3, seed=seed, first=first, attempt=attempt)
            assert drawn.tolist() == [uniform(name, first + i, seed=seed, attempt=attempt) for i in range(3)]


def test_patients_are_the_quantiles_of_their_draws():
    drawn = virtual_patients(n=50, seed=20, first=1000)
    for name, record in ADULTS.items():
        if record.omega:
            expected = [quantile(record, uniform(name, patient, seed=20)) for patient in drawn.index]
            assert drawn[name].to_numpy() == pytest.approx(expected, rel=1e-9), name


@pytest.mark.parametrize("name", [name for name, record in ADULTS.items() if record.omega and not record.logit_sd])
@pytest.mark.parametrize("sampling", ["random", "stratified", "sobol"])
def test_nominal_bands_hold_their_share(name, sampling):
    record = ADULTS[name]
    low, high = (math.log(end / record.value) / record.omega for end in record.limits)
    scores = np.log(virtual_patients(n=4096, seed=2, sampling=sampling)[name] / record.value) / record.omega
    law = stats.truncnorm(low, high)
    for nominal in (0.5, 0.9):
        inside = scores.between(*law.interval(nominal)).mean()
        assert abs(inside - nominal) < (0.02 if nominal == 0.9 else 0.04)
    assert scores.mean() == pytest.approx(law.mean(), abs=4 * law.std() / math.sqrt(4096))
    assert scores.std() == pytest.approx(law.std(), rel=0.05)


def test_a_cv_is_that_of_the_log_normal():
    """A parameter whose limits cut little: mean and CV are those that the record says."""
    name = min(
        (name for name, record in ADULTS.items() if record.cv),
        key=lambda name: sum(
            NORMAL.cdf(-abs(math.log(end / ADULTS[name].value)) / ADULTS[name].omega) for end in ADULTS[name].limits
        ),
    )
    drawn = virtual_patients(n=100_000, seed=5)[name]
    assert drawn.std() / drawn.mean() == pytest.approx(ADULTS[name].cv, rel=0.02)
    assert drawn.median() == pytest.approx(ADULTS[name].value, rel=0.01)
