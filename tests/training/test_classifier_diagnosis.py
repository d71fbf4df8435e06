"""The classifier's notices: said when so, once, and again after things were well."""

from studio.training.classifier_diagnosis import PATIENCE, ClassifierDiagnosis


def said(diagnosis: ClassifierDiagnosis, losses: list[float], accuracy: float = 0.8) -> list[str]:
    found = []
    for loss in losses:
        for training in (0.97, 0.99):
            assert diagnosis.observe(1, {"training_accuracy": training, "training_loss": 0.1}) == []
        found += diagnosis.observe(1, {"validation_loss": loss, "validation_accuracy": accuracy})
    assert all("97 %" in str(notice.body) or "98 %" in str(notice.body) for notice in found)
    return [notice.code for notice in found]


def test_a_loss_that_rises_while_training_goes_well_is_told_once() -> None:
    diagnosis = ClassifierDiagnosis()
    assert said(diagnosis, [1.0, 0.6, 0.5, 0.55]) == []
    assert said(diagnosis, [0.6] * (PATIENCE - 1)) == []
    assert said(diagnosis, [0.7]) == ["learnt_by_heart"]
    assert said(diagnosis, [0.8] * 5) == []
    assert said(diagnosis, [0.4, *[0.5] * PATIENCE]) == ["learnt_by_heart"]


def test_a_loss_that_merely_trembles_is_left_alone() -> None:
    assert said(ClassifierDiagnosis(), [0.5, 0.57, 0.6, 0.52] * 5) == []


def test_what_is_right_as_often_on_both_is_not_by_heart() -> None:
    assert said(ClassifierDiagnosis(), [0.5, *[0.9] * 9], accuracy=0.99) == []
