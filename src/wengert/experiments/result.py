"""What an experiment returns: series of numbers, which print as tables and draw themselves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from wengert.display.quantities import number, table
from wengert.errors import UsageError

__all__ = ["Panel", "Result", "Series", "from_extra"]


@dataclass(frozen=True)
class Series:
    """Points of one name. `expected` marks what a theory says, which is drawn as a dashed line without points."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    expected: bool = False


@dataclass(frozen=True)
class Panel:
    """One plot: series over a common axis; `bars` draws them beside one another, under their `labels`."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    logarithmic: tuple[bool, bool] = (True, True)
    labels: tuple[str, ...] = ()
    mark: tuple[float, str] | None = None


@dataclass(frozen=True)
class Result:
    """The data of an experiment, and a sentence that says what they show.

    Attributes
    ----------
    title, conclusion
        What was asked, and what came out.
    panels
        One or more plots.
    """

    title: str
    conclusion: str
    panels: tuple[Panel, ...]

    def __str__(self) -> str:
        lines = [self.title]
        for panel in self.panels:
            lines += ["", *filter(None, [panel.title]), *_rows(panel)]
        return "\n".join([*lines, "", self.conclusion])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain Python values, ready for JSON."""
        return asdict(self)

    def draw(self) -> Any:
        """A matplotlib figure of all panels.

        Raises
        ------
        UsageError
            matplotlib is not installed.
        """
        height = max(4.4, *(0.34 * len(panel.labels) for panel in self.panels))
        figure = from_extra("matplotlib.figure").Figure(figsize=(6.4 * len(self.panels), height), layout="constrained")
        for axes, panel in zip(figure.subplots(1, len(self.panels), squeeze=False)[0], self.panels, strict=True):
            _draw(axes, panel)
        figure.suptitle(self.title)
        return figure


def from_extra(name: str) -> Any:
    """A module of the packages that the extra `experiments` brings.

    Raises
    ------
    UsageError
        It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise UsageError(
            f"experiments are drawn with {package}, which is not installed: python -m pip install "
            f"'wengert[experiments]'"
        ) from error


def _rows(panel: Panel) -> list[str]:
    """A table with one row for each x, and one column for each series."""
    places = sorted({x for series in panel.series for x in series.x})
    rows = [[panel.x_label, *(series.name for series in panel.series)]]
    for place in places:
        known = [dict(zip(series.x, series.y, strict=True)).get(place) for series in panel.series]
        head = panel.labels[int(place)] if panel.labels else number(place)
        rows.append([head, *("·" if value is None else number(value) for value in known)])
    return table(rows, right=True)


def _draw(axes: Any, panel: Panel) -> None:
    if panel.labels:
        width = 0.8 / len(panel.series)
        for place, series in enumerate(panel.series):
            axes.barh([y + (place - 0.5) * width for y in series.x], series.y, width, label=series.name)
        axes.set_yticks(range(len(panel.labels)), panel.labels)
        axes.invert_yaxis()
        axes.set(title=panel.title, xlabel=panel.y_label, xscale="log")
    else:
        for series in panel.series:
            axes.plot(series.x, series.y, "--" if series.expected else "o-", markersize=3.5, label=series.name)
        axes.set(title=panel.title, xlabel=panel.x_label, ylabel=panel.y_label)
        for scale, logarithmic in zip((axes.set_xscale, axes.set_yscale), panel.logarithmic, strict=True):
            scale("log" if logarithmic else "linear")
    if panel.mark is not None:
        axes.axvline(panel.mark[0], color="0.5", linewidth=0.8, label=panel.mark[1])
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", framealpha=0)
