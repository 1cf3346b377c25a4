"""Cohorts on executors from elsewhere: the same counts from dask.distributed, in one process and in several."""

from contextlib import closing

import pytest
import xarray as xr
from tests.unit.alike import same

import itp_sim as itp

distributed = pytest.importorskip("distributed")
pytest.importorskip("zarr")

pytestmark = [pytest.mark.interop, pytest.mark.filterwarnings("default")]

ASKED = {
    "population": "adult_chronic",
    "arms": {"one": itp.regimen("1 g/kg"), "two": itp.regimen("1 g/kg daily x 2")},
    "n": 24,
    "days": 14.0,
    "seed": 1,
    "progress": False,
}


@pytest.fixture(params=[False, True], ids=["threads", "processes"])
def client(request, tmp_path):
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=request.param, dashboard_address=None, local_directory=tmp_path
        ) as cluster,
        distributed.Client(cluster) as found,
    ):
        yield found


def test_counts_and_curves_are_the_same_on_dask(client, tmp_path):
    expected = itp.simulate_population(**ASKED)
    with client.get_executor() as executor:
        assert same(itp.simulate_population(**ASKED, chunk=5, executor=executor), expected)
        folder = tmp_path / "cohort.zarr"
        assert same(itp.simulate_population(**ASKED, chunk=5, executor=executor, store=folder), expected)
    run = itp.simulate(itp.virtual_patients(n=24, seed=1), ASKED["arms"], days=14, rtol=1e-5)
    with xr.open_zarr(folder) as found:
        xr.testing.assert_identical(found.load().drop_attrs(), run.drop_attrs())


def test_an_interrupted_cohort_leaves_the_cluster_idle(client):
    with client.get_executor() as executor:

        class Interrupting:
            def map(self, work, *arguments):
                with closing(executor.map(work, *arguments)) as answers:
                    yield next(answers)
                    raise KeyboardInterrupt

        with pytest.raises(itp.Interrupted) as caught:
            itp.simulate_population(**ASKED | {"n": 400}, chunk=4, executor=Interrupting())
        assert caught.value.summary.patients == 4
        assert client.submit(sum, [1, 2]).result(timeout=30) == 3
