"""Solvers that integrate in lambda: every setting the reference knows, whole loops."""

import numpy as np
import pytest
import torch

from tests.parity.schedulers.loops import (
    PREDICTIONS,
    SCHEDULES,
    SPACINGS,
    TABLES,
    differences,
    grid,
    learned_model,
)

pytestmark = pytest.mark.parity

MULTI, SINGLE = "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler"
DEIS, UNIPC = "DEISMultistepScheduler", "UniPCMultistepScheduler"
SD = SCHEDULES[1]
LU = {"use_lu_lambdas": True}
FEW = (1, 5, 20)
SIGMA_MIN = {"final_sigmas_type": "sigma_min"}
ENDS = ({}, SIGMA_MIN)
LOWER = tuple({"lower_order_final": on} for on in (True, False))
ORDERS = tuple({"solver_order": order} for order in (1, 2, 3))
DPM_TYPES = tuple({"solver_type": kind} for kind in ("midpoint", "heun"))
BY_X0 = tuple({"algorithm_type": kind} for kind in ("dpmsolver++", "sde-dpmsolver++"))
BY_NOISE = tuple({"algorithm_type": kind} | SIGMA_MIN for kind in ("dpmsolver", "sde-dpmsolver"))
THRESHOLDING = {"thresholding": True, "sample_max_value": 1.5, "dynamic_thresholding_ratio": 0.9}
ZERO_SNR = {"rescale_betas_zero_snr": True}
FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}
FLOWS = (FLOW, FLOW | {"flow_shift": 3.0})
SDE_3 = "sde-dpmsolver3"
"""Not published: the reference fails at the first step of third order."""
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda c: c["beta_schedule"])


@each_schedule
class TestGrid:
    def test_multistep_even_in_lambda(self, schedule):
        assert not differences(MULTI, grid([schedule | LU], [{}, ZERO_SNR], PREDICTIONS))

    def test_singlestep(self, schedule):
        assert not differences(SINGLE, grid([schedule], TABLES, PREDICTIONS))

    def test_deis(self, schedule):
        assert not differences(DEIS, grid([schedule], SPACINGS, TABLES, PREDICTIONS))

    def test_unipc(self, schedule):
        assert not differences(UNIPC, grid([schedule], SPACINGS, TABLES, PREDICTIONS))
        lost = grid([schedule | ZERO_SNR], SPACINGS, TABLES, PREDICTIONS)
        assert not differences(UNIPC, lost, FEW)


class TestDPMSolver:
    """The multistep and the singlestep solver in all their kinds."""

    @pytest.mark.parametrize("name", [MULTI, SINGLE])
    def test_by_the_picture(self, name):
        kinds = grid(BY_X0, ORDERS, DPM_TYPES, ENDS, LOWER)
        assert not differences(name, grid([SD], kinds))

    def test_multistep_by_the_noise(self):
        kinds = grid(BY_NOISE, ORDERS, DPM_TYPES, LOWER)
        published = [c for c in kinds if c["algorithm_type"] + str(c["solver_order"]) != SDE_3]
        assert not differences(MULTI, grid([SD], published))

    def test_singlestep_by_the_noise(self):
        assert not differences(SINGLE, grid([SD], BY_NOISE[:1], ORDERS, DPM_TYPES, LOWER))

    @pytest.mark.parametrize("name", [MULTI, SINGLE])
    def test_third_order_on_every_table_and_prediction(self, name):
        configs = grid([SD | ORDERS[2]], TABLES, PREDICTIONS, [BY_X0[0], BY_NOISE[0]])
        assert not differences(name, configs, (5, 20))

    @pytest.mark.parametrize("name", [MULTI, SINGLE])
    def test_bounds_and_learned_variance(self, name):
        kinds = BY_X0 + BY_NOISE if name == MULTI else BY_X0
        assert not differences(name, grid([SD | THRESHOLDING], PREDICTIONS, kinds), FEW)
        learned = [{"variance_type": kind} for kind in ("learned", "learned_range")]
        configs = grid([SD], learned, [BY_X0[0], BY_NOISE[0]])
        assert not differences(name, configs, FEW, model=learned_model)

    @pytest.mark.parametrize("name", [MULTI, SINGLE])
    def test_without_the_noisiest_timesteps(self, name):
        spacings = SPACINGS if name == MULTI else [{}]
        clipped = SCHEDULES[2] | {"lambda_min_clipped": -5.1}
        assert not differences(name, grid([clipped], spacings))

    def test_first_order_at_the_end(self):
        ends = [{"euler_at_final": True}, {"euler_at_final": True} | SIGMA_MIN]
        assert not differences(MULTI, grid([SD], ORDERS, ends, LOWER))

    @pytest.mark.parametrize("name", [MULTI, SINGLE])
    @pytest.mark.parametrize("timesteps", [[601], [999, 500, 1], list(range(981, 0, -20))], ids=len)
    def test_timesteps_of_ones_own(self, name, timesteps):
        configs = grid([SD], ORDERS, PREDICTIONS)
        assert not differences(name, configs, (None,), timesteps=timesteps)

    @pytest.mark.parametrize("name", [MULTI, SINGLE])
    def test_flow_matching(self, name):
        assert not differences(name, grid(FLOWS, ORDERS, BY_X0, ENDS))


class TestDEIS:
    def test_settings(self):
        more = [{}, THRESHOLDING]
        assert not differences(DEIS, grid([SD], TABLES, ORDERS, LOWER, more), FEW)

    @each_schedule
    def test_orders(self, schedule):
        assert not differences(DEIS, grid([schedule], ORDERS, PREDICTIONS, SPACINGS), FEW)

    def test_flow_matching(self):
        assert not differences(DEIS, grid(FLOWS, ORDERS))


class TestUniPC:
    bh = tuple({"solver_type": kind} for kind in ("bh1", "bh2"))

    def test_by_the_picture(self):
        configs = grid([SD], ORDERS, PREDICTIONS, TABLES[:2], [{}, THRESHOLDING])
        assert not differences(UNIPC, configs, FEW)

    def test_ending_at_the_smallest_sigma(self):
        """The beta table without the third order: there float32 alone leaves 3e-6, on both sides,
        against the same run in float64."""
        by = [{"predict_x0": True}, {"predict_x0": False}]
        kinds = grid(self.bh, ORDERS, LOWER, by)
        assert not differences(UNIPC, grid([SD | SIGMA_MIN], kinds, TABLES[:3]), FEW)
        kinds = grid(self.bh, ORDERS[:2], LOWER, by)
        assert not differences(UNIPC, grid([SD | SIGMA_MIN], kinds, TABLES[3:]), FEW)

    def test_by_the_noise(self):
        noise = SIGMA_MIN | {"predict_x0": False}
        assert not differences(UNIPC, grid([SD | noise], ORDERS, PREDICTIONS))

    def test_without_correction(self):
        steps = [{"disable_corrector": steps} for steps in ((0,), (0, 1, 4), tuple(range(50)))]
        assert not differences(UNIPC, grid([SD], ORDERS, steps), (2, 5, 20))

    def test_high_order_up_to_the_end(self):
        """The reference has no last step then: the matrix of one to sigma = 0 is singular."""
        configs = grid([SD | {"lower_order_final": False}], ORDERS, TABLES)
        assert not differences(UNIPC, configs, (20,), end=19)

    def test_flow_matching(self):
        assert not differences(UNIPC, grid(FLOWS, ORDERS, ENDS))

    def test_sigmas_of_ones_own(self):
        for sigmas in ([1.0], [0.9, 0.5, 0.2], [1.0, 0.75, 0.5, 0.25]):
            given = np.array(sigmas)
            assert not differences(UNIPC, grid(FLOWS, ORDERS), (None,), sigmas=given)


@pytest.mark.parametrize("begin", [1, 2, 7, 19])
@pytest.mark.parametrize("name", [MULTI, SINGLE, DEIS, UNIPC])
def test_begun_from_a_noised_picture(name, begin):
    spacings = [{}] if name == SINGLE else SPACINGS
    assert not differences(name, grid([SD], ORDERS, spacings), (20,), begin=begin)
    assert not differences(name, grid(FLOWS, ORDERS), (20,), begin=begin)


@pytest.mark.parametrize("name", [MULTI, SINGLE, DEIS, UNIPC])
def test_trained_betas(name):
    betas = tuple(torch.linspace(0.001, 0.03, 400).tolist())
    assert not differences(name, [{"num_train_timesteps": 400, "trained_betas": betas}])
