"""A replay as a picture: what the holdout said and what later mail said, night by night, above the labels known."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from avocet.pictures import INK
from avocet.replay import Night, Plan, shown

_LATER, _SAID, _FIRST = "#d9822b", "#2f6f9f", "#7f8b98"
_MOST_COUNTS = 12


def picture(plan: Plan, nights: Sequence[Night]) -> bytes:
    """PNG bytes; above macro-F1 of the champion, below the rows of each label; one column a night."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 6.4), dpi=130, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _scores(above, nights)
    _labels(below, plan.recipe.labels, nights)
    locator = AutoDateLocator()
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color("#c5ccd3")
        axes.tick_params(colors=INK, labelsize=8)
        axes.margins(x=0.02)
    n = sum(night.what == "promoted" for night in nights)
    figure.suptitle(
        f"{plan.recipe.name}, {shown(nights[0].at)} to {shown(nights[-1].at)}: {len(nights)} nights, {n} promotions",
        color=INK, fontsize=12, x=0.01, ha="left",
    )  # fmt: skip
    buffer = BytesIO()
    figure.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def _scores(axes: Any, nights: Sequence[Night]) -> None:
    """The champion's score three times: on later mail, on its holdout, and the first champion's on later mail."""
    lines: tuple[tuple[str, list[float | None], dict[str, Any]], ...] = (
        ("the first champion on later mail", [n.first_later_macro_f1 for n in nights], {"color": _FIRST, "ls": "--"}),
        ("what the holdout said", [n.holdout_macro_f1 for n in nights], {"color": _SAID, "lw": 1.4}),
        ("the champion on later mail", [n.later_macro_f1 for n in nights], {"color": _LATER, "lw": 2.4}),
    )
    at = [n.at for n in nights]
    for label, values, style in lines:
        axes.plot(at, [float("nan") if v is None else v for v in values], label=label, **style)
    _promotions(axes, nights)
    _how_many(axes, nights)
    axes.set_ylim(0, 1)
    axes.set_ylabel("macro-F1", color=INK)
    axes.grid(axis="y", color="#e8ebee", lw=0.8)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=8, loc="lower right", labelcolor=INK)


def _how_many(axes: Any, nights: Sequence[Night]) -> None:
    """How many later mails a night's score stands on: towards the end they are few, and the line only trembles."""
    judged = [n for n in nights if n.later_macro_f1 is not None]
    for night in judged[:: max(1, -(-len(judged) // _MOST_COUNTS))]:
        place = {"xycoords": axes.get_xaxis_transform(), "ha": "center", "va": "top", "fontsize": 7, "color": _FIRST}
        axes.annotate(
            f"{night.n_later} later mails" if night is judged[0] else str(night.n_later), (night.at, 0.99), **place
        )


def _promotions(axes: Any, nights: Sequence[Night]) -> None:
    """A mark where the champion changed, with the candidate's name where it is another one than before."""
    before = ""
    for night in nights:
        if night.what != "promoted":
            continue
        y = night.later_macro_f1 if night.later_macro_f1 is not None else night.holdout_macro_f1
        axes.axvline(night.at, color="#e8ebee", lw=0.8, zorder=0)
        axes.plot([night.at], [y], "o", color=_LATER, ms=6, mec="white", mew=1.2, zorder=5)
        name = (night.champion or "").split(" of ")[0]
        if name != before:
            axes.annotate(
                name, (night.at, y), xytext=(0, -14), textcoords="offset points", ha="center", fontsize=8, color=INK
            )
        before = name


def _labels(axes: Any, labels: Sequence[str], nights: Sequence[Night]) -> None:
    """Rows of each label by night, stacked, the most frequent at the bottom."""
    from matplotlib import colormaps

    order = sorted(labels, key=lambda label: -nights[-1].rows.get(label, 0))
    colours = [colormaps["GnBu_r"](0.05 + 0.8 * i / max(len(order), 1)) for i in range(len(order))]
    at: list[datetime] = [n.at for n in nights]
    known = [[n.rows.get(label, 0) for n in nights] for label in order]
    axes.stackplot(at, known, labels=order, colors=colours, edgecolor="white", lw=0.4)
    axes.set_ylabel("rows labelled", color=INK)
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], names[::-1], frameon=False, fontsize=7, loc="upper left", ncols=2, labelcolor=INK)
