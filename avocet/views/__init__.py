"""What the doors show of runs, versions and recipes; nothing here is changed."""
