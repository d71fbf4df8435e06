"""Notices: said when so, once, and again after things were well."""

from studio.training.gan_diagnosis import DULL_WINDOW, PATIENCE, WON_WINDOW, Diagnosis

GOOD = {"real_right": 0.7, "fake_right": 0.8, "diversity": 0.95, "diversity_within": 0.9}


def _codes(diagnosis: Diagnosis, values: dict[str, float], times: int, step: int = PATIENCE) -> list[str]:
    return [notice.code for _ in range(times) for notice in diagnosis.observe(step, values)]


def test_a_good_run_is_left_alone() -> None:
    assert _codes(Diagnosis(), GOOD, 100) == []


def test_a_discriminator_that_has_won() -> None:
    diagnosis, won = Diagnosis(), {"real_right": 1.0, "fake_right": 0.99}
    assert _codes(diagnosis, won, WON_WINDOW - 1) == []
    (notice,) = diagnosis.observe(PATIENCE, won)
    assert notice.code == "discriminator_won" and notice.action == "halve_discriminator_rate"
    assert "99 % or more" in str(notice.body)
    assert _codes(diagnosis, won, 50) == []
    assert _codes(diagnosis, GOOD, 1) == []
    assert _codes(diagnosis, won, WON_WINDOW) == ["discriminator_won"]


def test_one_side_judged_right_is_no_victory() -> None:
    assert _codes(Diagnosis(), {"real_right": 1.0, "fake_right": 0.6}, 50) == []


def test_lost_diversity() -> None:
    diagnosis = Diagnosis()
    assert _codes(diagnosis, {"diversity": 0.3}, DULL_WINDOW + 5) == ["diversity_lost"]
    assert _codes(diagnosis, {"diversity_within": 0.5}, 2) == ["diversity_lost_within"]
    assert _codes(diagnosis, {"diversity_within": 0.9}, 1) == []
    assert _codes(diagnosis, {"diversity_within": 0.4}, 1) == ["diversity_lost_within"]


def test_the_first_steps_mean_nothing() -> None:
    bad = {"real_right": 1.0, "fake_right": 1.0, "diversity": 0.0, "diversity_within": 0.0}
    assert _codes(Diagnosis(), bad, 50, step=PATIENCE - 1) == []
