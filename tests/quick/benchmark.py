"""The same with the command line of flows/benchmark.py."""

from finetune import main

main("benchmark")
