"""The papers say what the command would write today, about the model that ships."""

import doctest
import json
import sys

import pytest
from jinja2 import UndefinedError

from social_guard.files.data import source_registry
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "papers"
FIGURES = ROOT / "docs" / "figures" / "evaluation.json"
NAMES = sorted(path.name.removesuffix(".jinja") for path in (FOLDER / "templates").glob("*.md.jinja"))


@pytest.fixture(scope="module")
def benchmarks():
    """The folder of benchmarks, from which its scripts import one another."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture(scope="module")
def facts(benchmarks, shipped_guard):
    """What papers are made of."""
    from paper_facts import gather_facts

    return gather_facts(shipped_guard, FIGURES)


@pytest.fixture(scope="module")
def fresh(facts):
    """The papers as the command would write them."""
    from papers import render_papers

    return render_papers(facts)


def test_every_template_has_its_paper_and_every_paper_its_template(fresh):
    """None is left over from an earlier name, and none was written by hand."""
    assert NAMES == sorted(fresh) == sorted(path.name for path in FOLDER.glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_is_about_the_model_that_ships(name):
    """Its hash stands in it; after training, run `make evaluate`."""
    manifest = json.loads((ROOT / "models" / "default" / "manifest.json").read_text(encoding="utf-8"))
    assert f"`{manifest['model']}`" in (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_is_what_the_command_writes(name, fresh):
    """Word for word; after a change to figures, data, policy or template, run `make papers`."""
    assert (FOLDER / name).read_text(encoding="utf-8") == fresh[name]


def test_figures_of_another_model_are_refused(benchmarks, shipped_guard, tmp_path):
    """They would be a lie in a paper that names this one."""
    from paper_facts import gather_facts

    figures = tmp_path / "evaluation.json"
    figures.write_text(json.dumps(json.loads(FIGURES.read_text(encoding="utf-8")) | {"model": "0" * 64}))
    with pytest.raises(SystemExit, match="is about model 000000000000, .* run `make evaluate` first"):
        gather_facts(shipped_guard, figures)


def test_a_missing_figure_is_an_error(facts):
    """And never an empty cell."""
    from papers import render_papers

    without = facts | {"fairness": {name: part for name, part in facts["fairness"].items() if name != "gaps"}}
    with pytest.raises(UndefinedError, match="gaps"):
        render_papers(without)


def test_a_source_without_a_card_is_an_error(benchmarks):
    """It is named; a model is not described by halves."""
    from paper_facts import source_cards

    with pytest.raises(SystemExit, match="has no card for olid_offenseval2019"):
        source_cards({"sources": {"olid_offenseval2019": {"comments": 1, "licence": "?"}}})
    assert {name for name, source in source_registry().items() if source["licence_class"] == "open"} == set(
        source_cards({"sources": {name: {"comments": 1} for name, source in source_registry().items() if source["licence_class"] == "open"}})
    )


def test_numbers_are_written_as_their_examples_say(benchmarks):
    """Small shares are never written as nought."""
    import paper_numbers

    assert doctest.testmod(paper_numbers).failed == 0 < doctest.testmod(paper_numbers).attempted


def test_words_that_may_offend_are_cut(benchmarks, shipped_guard):
    """Those that the model knows, and with a list of harmless words also those that nobody uses harmlessly."""
    from paper_examples import mask

    assert mask(shipped_guard, "You idiots, thank you") == "You i....., thank you"
    assert mask(shipped_guard, "Zorblings. Half the zorblings", frozenset({"half", "the"})) == "Zorblings. Half the z........"
