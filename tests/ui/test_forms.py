"""Forms come from the settings model alone."""

from typing import Any

import pytest

from studio.config.base import describe, with_overrides
from studio.config.diffusion import DiffusionConfig
from studio.config.gan import GanConfig, Wasserstein
from studio.config.preferences import Preferences
from studio.ui.form_fields import choice_words
from studio.ui.forms import SettingsForm
from studio.ui.widgets.inputs import Combo, MultiChoice, NumberField, Switch


@pytest.fixture
def form(qtbot: Any) -> SettingsForm:
    made = SettingsForm(name="testForm")
    qtbot.addWidget(made)
    made.set_model(GanConfig(), choices={"condition": (("hair", "hair · 8 values"), ("eyes", "eyes · 4 values"))})
    made.resize(260, 700)
    made.show()
    return made


def control(form: SettingsForm, path: str) -> Any:
    field = form.field(path)
    assert field is not None, path
    return field.control


def type_number(form: SettingsForm, path: str, words: str) -> None:
    field = control(form, path)
    field.setText(words)
    field.commit()


def test_every_setting_has_its_row_with_names(form: SettingsForm) -> None:
    kinds = {"int": NumberField, "float": NumberField, "bool": Switch, "choice": Combo, "names": MultiChoice}
    for row in describe(GanConfig):
        made = control(form, row.path)
        assert isinstance(made, kinds[row.kind])
        assert made.objectName() == f"field_{row.path}"
        assert made.accessibleName()
        assert row.help in made.accessibleDescription()


def test_basic_rows_show_and_advanced_ones_fold(form: SettingsForm) -> None:
    assert control(form, "steps").isVisible()
    assert not control(form, "beta1").isVisible()
    form.advanced_open = True
    assert control(form, "beta1").isVisible()


def test_values_come_from_the_base(form: SettingsForm) -> None:
    assert control(form, "steps").value() == GanConfig().steps
    assert form.overrides() == {}
    assert form.value() == GanConfig()


def test_an_edit_is_an_override_and_goes_back(form: SettingsForm, qtbot: Any) -> None:
    with qtbot.waitSignal(form.changed):
        type_number(form, "batch", "48")
    assert form.overrides() == {"batch": 48}
    value = form.value()
    assert isinstance(value, GanConfig) and value.batch == 48
    assert form.differences_count() == 1
    reset = form.findChild(object, "reset_batch")
    assert reset.isVisible()
    reset.click()
    assert form.overrides() == {}
    assert not reset.isVisible()


def test_the_value_of_the_base_is_no_override(form: SettingsForm) -> None:
    type_number(form, "batch", "48")
    type_number(form, "batch", str(GanConfig().batch))
    assert form.overrides() == {}


def test_a_decimal_comma_is_read(form: SettingsForm) -> None:
    type_number(form, "generator_rate", "0,0002")
    assert form.overrides() == {"generator_rate": 0.0002}


def test_conditions_are_live(form: SettingsForm) -> None:
    form.advanced_open = True
    assert control(form, "loss.r1").isVisible()
    assert not control(form, "loss.penalty").isVisible()
    control(form, "loss").value_changed.emit("wasserstein")
    assert not control(form, "loss.r1").isVisible()
    assert control(form, "loss.penalty").isVisible()
    assert control(form, "loss.penalty").value() == Wasserstein().penalty
    value = form.value()
    assert isinstance(value, GanConfig) and value.loss == Wasserstein()


def test_edits_of_a_hidden_variant_do_not_count(form: SettingsForm) -> None:
    type_number(form, "loss.r1", "5")
    control(form, "loss").value_changed.emit("hinge")
    assert form.overrides() == {"loss": "hinge"}
    control(form, "loss").value_changed.emit("non_saturating")
    assert form.overrides() == {"loss.r1": 5}


def test_a_refused_combination_is_told_and_has_no_value(form: SettingsForm) -> None:
    control(form, "network.discriminator_norm").value_changed.emit("batch")
    control(form, "loss").value_changed.emit("wasserstein")
    assert form.value() is None
    assert "batch norm" in form.error()
    assert form.findChild(object, "formError").isVisible()
    control(form, "loss").value_changed.emit("hinge")
    assert form.error() == ""
    assert form.value() is not None


def test_a_refused_value_is_told_below_its_field(form: SettingsForm) -> None:
    form.advanced_open = True
    type_number(form, "generator_rate", "0")
    field = form.field("generator_rate")
    assert field is not None and field.error()
    assert form.value() is None


def test_labels_are_chosen_from_the_data_set(form: SettingsForm) -> None:
    several = control(form, "condition")
    assert [a.data()[0] for a in several.menu_actions()] == ["hair", "eyes"]
    several.menu_actions()[0].toggle()
    assert form.overrides() == {"condition": ("hair",)}


def test_without_labels_the_field_says_why(form: SettingsForm) -> None:
    form.set_model(GanConfig())
    assert not control(form, "condition").isEnabled()
    assert "no labels" in control(form, "condition").accessibleDescription()


def test_the_badge_counts_changed_advanced_settings(form: SettingsForm) -> None:
    type_number(form, "beta1", "0.5")
    type_number(form, "latent_size", "32")
    type_number(form, "batch", "16")
    badge = form.findChild(object, "advancedBadge")
    assert badge.text() == "2 changed"


def test_locked_forms_leave_live_settings_open(form: SettingsForm, qtbot: Any) -> None:
    form.set_locked("The run trains.")
    assert not control(form, "batch").isEnabled()
    assert "The run trains." in control(form, "batch").accessibleDescription()
    assert control(form, "generator_rate").isEnabled()
    with qtbot.waitSignal(form.live_changed) as caught:
        type_number(form, "generator_rate", "0.001")
    assert caught.args == ["generator_rate", 0.001]
    form.set_locked("")
    assert control(form, "batch").isEnabled()


def test_remembered_edits_that_no_longer_fit_are_left_out(form: SettingsForm) -> None:
    form.set_model(GanConfig(), {"batch": 16, "gone": 1, "steps": "nonsense", "loss": "hinge"})
    assert form.overrides() == {"loss": "hinge", "batch": 16}


def test_edits_that_fit_only_together_are_kept(form: SettingsForm) -> None:
    """Widths of a classic network have to suit its groups: neither value is possible without the other."""
    edits = {"network": "classic", "network.widths": "18, 36", "network.groups": 9}
    form.set_model(DiffusionConfig(), edits)
    assert form.overrides() == edits
    assert control(form, "network.widths").text() == "18, 36"


def test_another_base_keeps_the_edits_apart(form: SettingsForm) -> None:
    base = with_overrides(GanConfig(), {"batch": 64})
    form.set_model(base, {"steps": 500})
    assert control(form, "batch").value() == 64
    assert form.overrides() == {"steps": 500}


def test_any_settings_model_makes_a_form(qtbot: Any) -> None:
    form = SettingsForm(name="preferencesForm", control_width=240)
    qtbot.addWidget(form)
    form.set_model(Preferences())
    control(form, "theme").value_changed.emit("dark")
    control(form, "notify").click()
    assert form.overrides() == {"theme": "dark", "notify": False}


def test_choices_are_words() -> None:
    assert choice_words("non_saturating") == "Non saturating"
    assert choice_words("32") == "32"
