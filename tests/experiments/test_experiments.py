"""Every experiment runs, its data say what the theory says (times excepted), and it is drawn."""

import itertools
import json
import math

import numpy as np
import pytest

import wengert as wg
from wengert.cli import main
from wengert.experiments import EXPERIMENTS, difference_error, expression_swell
from wengert.experiments.programs import programs


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiments_return_data_and_draw_them(name, tmp_path):
    seen = []
    result = EXPERIMENTS[name](progress=lambda items: seen.extend(items) or items, quick=True)
    assert len(seen) >= 3
    assert json.loads(json.dumps(result.to_dict()))["title"] == result.title
    for panel in result.panels:
        for series in panel.series:
            assert len(series.x) == len(series.y) >= 3
            assert all(math.isfinite(y) and y > 0 for y in series.y)
    text = str(result)
    assert text.startswith(result.title)
    assert text.endswith(result.conclusion)
    assert all(series.name in text for panel in result.panels for series in panel.series)
    figure = result.draw()
    assert len(figure.axes) == len(result.panels)
    for axes, panel in zip(figure.axes, result.panels, strict=True):
        assert len(axes.get_legend().texts) == len(panel.series) + (panel.mark is not None)
    figure.savefig(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_differences_have_the_errors_of_their_order():
    forward, central, complex_step, exact = difference_error(quick=True).panels[0].series
    for series, order in ((forward, 1), (central, 2), (complex_step, 2)):
        error = dict(zip(series.x, series.y, strict=True))
        slope = math.log10(error[series.x[1]] / error[series.x[3]]) / 2
        assert abs(slope - order) < 0.1, series.name
    assert min(forward.y) > 1e-9
    assert min(central.y) > 1e-12
    assert max(complex_step.y[-10:]) < 1e-15
    assert max(exact.y) < 1e-15
    assert central.y[-1] == 1.0


def test_written_out_derivatives_grow_by_a_factor_and_lists_by_a_number():
    function, derivative, lists = expression_swell(quick=True).panels[0].series
    assert all(later > 2 * before for before, later in itertools.pairwise(derivative.y))
    assert all(later > before for before, later in zip(function.y, derivative.y, strict=True))
    assert len({later - before for before, later in itertools.pairwise(lists.y)}) == 1


@pytest.mark.parametrize("name", programs())
def test_programs_have_right_gradients(name):
    f, args = programs()[name]
    wg.check_derivatives(lambda first: f(first, *args[1:]), args[0], order=1)


def test_command_prints_and_draws(capsys, tmp_path):
    plot = tmp_path / "swell.svg"
    assert main(["experiments", "expression-swell", "--quick", "--out", str(plot)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Expression swell: the logistic map, iterated\n")
    assert out.rstrip().endswith("and its Wengert list 39 operations.")
    assert "<svg" in plot.read_text(encoding="utf-8")


def test_command_writes_json(capsys):
    assert main(["experiments", "difference-error", "--quick", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [series["name"] for series in found["panels"][0]["series"]][-1] == "automatic differentiation"


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("plot.gif", "--out is a file that ends with .png, .svg or .pdf, received 'plot.gif'"),
        ("nowhere/plot.png", "--out: there is no folder 'nowhere'; make it first"),
    ],
)
def test_command_complains_before_it_runs(out, message, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["experiments", "cost-ratio", "--out", out]) == 2
    assert capsys.readouterr().err == f"wengert: {message}\n"


def test_drawing_without_matplotlib_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    result = expression_swell(quick=True)
    with pytest.raises(wg.errors.UsageError, match=r"matplotlib, which is not installed: python -m pip install"):
        result.draw()


def test_small_series_are_exact():
    series = expression_swell(quick=True).panels[0].series
    np.testing.assert_array_equal(series[0].y, [9, 25, 57, 121, 249])
