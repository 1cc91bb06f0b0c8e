"""How a run is asked for, told while it goes on, and ended."""
