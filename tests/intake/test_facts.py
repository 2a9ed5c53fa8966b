"""The products' own fields: pasted addresses are understood, odd answers are taken, and the words as written are kept."""

import pytest

from deflect_api import config
from deflect_api.config.support import ProductField
from deflect_api.intake import facts
from tests.conftest import ROOT

PRODUCTS = config.read_support(ROOT / "support.yml", {}).products


def field(product: str, name: str) -> ProductField:
    fields = facts.DEVICE if product == "device" else PRODUCTS[product].fields
    return next(one for one in fields if one.name == name)


@pytest.mark.parametrize(
    ("product", "name", "written", "meant"),
    [
        ("flow", "instance", "https://care.akvoflow.org/admin/#/surveys", "care.akvoflow.org"),
        ("flow", "instance", "  care.akvoflow.org ", "care.akvoflow.org"),
        ("flow", "instance", "care.akvoflow.org/app2", "care.akvoflow.org"),
        ("flow", "instance", "1wash-salone.akvoflow.org/admin/ > 3. Other > 2. GVWC", "1wash-salone.akvoflow.org"),
        ("flow", "instance", "akvoflow-73", "akvoflow-73"),
        ("flow", "instance", "akvoflow-73.appspot.com", "akvoflow-73.appspot.com"),
        ("flow", "form_id", "237070018", "237070018"),
        ("flow", "form_id", "DATA_CLEANING-15896832.xlsx", "15896832"),
        ("flow", "data_point", "it is 4139-k07c-bjw2", "4139-k07c-bjw2"),
        ("flow", "data_point", "703219119", "703219119"),
        ("rsr", "project", "https://rsr.akvo.org/my-rsr/projects/9559/results", "9559"),
        ("rsr", "project", "https://rsr.akvo.org/my-rsr/programs/9062/reports", "9062"),
        ("rsr", "project", "/en/project/3086/", "3086"),
        ("rsr", "project", "ID 3086", "3086"),
        ("rsr", "project", "Clean water for 2024", "Clean water for 2024"),
        ("lumen", "instance", "https://ecosia.akvolumen.org/library", "ecosia.akvolumen.org"),
        (
            "lumen",
            "item",
            "https://ecosia.akvolumen.org/dataset/5f05f582-72ed-421e-8b24-f7f170e96f3b",
            "dataset/5f05f582-72ed-421e-8b24-f7f170e96f3b",
        ),
        ("lumen", "item", "https://demo.akvolumen.org/s/H3f_vjZp90M", "s/H3f_vjZp90M"),
        ("lumen", "item", "Water points per district", "Water points per district"),
        ("device", "app_version", "Version 2.10.2", "2.10.2"),
        ("device", "app_version", "v2.9.10.1", "2.9.10.1"),
        ("device", "android_version", "Android 8.1.0", "8.1.0"),
    ],
)
def test_the_part_that_counts_is_understood(product: str, name: str, written: str, meant: str) -> None:
    one = field(product, name)
    assert facts.understood(one, written) == meant
    assert facts.looks_right(one, written)


@pytest.mark.parametrize(
    ("product", "name", "written"),
    [
        ("flow", "instance", "our own one"),
        ("flow", "form_id", "my form"),
        ("flow", "data_point", "the first one"),
        ("rsr", "account", "ada"),
        ("lumen", "instance", "our Lumen"),
        ("device", "app_version", "the newest"),
    ],
)
def test_an_odd_answer_looks_odd_and_is_taken_as_it_is(product: str, name: str, written: str) -> None:
    one = field(product, name)
    assert not facts.looks_right(one, written)
    assert facts.tidy([one], {name: written}) == {name: written}


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_example_of_a_field_looks_right(product: str) -> None:
    assert [one.name for one in PRODUCTS[product].fields if not facts.looks_right(one, one.example)] == []


def test_the_words_as_written_stay_beside_what_was_taken_from_them() -> None:
    pasted = "https://care.akvoflow.org/admin/#/surveys"
    stored = facts.tidy(
        PRODUCTS["flow"].fields, {"instance": f" {pasted}\n", "survey": "  Water  points ", "form_id": " ", "own": "x"}
    )
    assert stored == {"instance": "care.akvoflow.org", "instance_as_written": pasted, "survey": "Water points", "own": "x"}


def test_every_fact_has_a_name_for_people_also_as_it_was_written() -> None:
    named = facts.labels((*facts.DEVICE, *PRODUCTS["flow"].fields))
    assert named["instance"] == "Your Flow address"
    assert named["instance_as_written"] == "Your Flow address, as it was written"
    assert named["app_version"] == "App version"


def test_no_product_field_takes_the_name_of_a_device_fact() -> None:
    """They are shown in one list, where one would hide the other."""
    device = {one.name for one in facts.DEVICE}
    assert [one.name for product in PRODUCTS.values() for one in product.fields if one.name in device] == []
