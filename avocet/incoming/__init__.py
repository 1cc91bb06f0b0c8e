"""Ways in for mail: readers that turn files of other programs into rows, and the import that takes rows in."""
