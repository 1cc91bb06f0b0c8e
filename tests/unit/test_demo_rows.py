"""The invented mails that ship: they hold what validation expects."""

from pathlib import Path

from expectations.validation import check


def test_the_demo_rows_are_good(tmp_path: Path) -> None:
    """What ships is kept, but for the two rows that show what happens to a label outside the recipe."""
    from avocet.home import CHECKOUT, Home
    from avocet.recipe import load
    from avocet.rows import read

    recipe = load(Home(tmp_path), "demo_mail")
    found = read([(CHECKOUT / recipe.rows[0], "demo")], recipe.fields)
    report, kept, _ = check(recipe, found)
    assert (report.stopped, report.dropped_labels, report.n_unusable, report.n_quarantined) == ((), (), 0, 0)
    assert (report.other_labels, len(kept)) == ({"profile_alert": 2}, found.n_lines - 2)
