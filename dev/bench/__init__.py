"""Measures what a visitor waits for, as ratios against the least that is possible on this machine.

Never asserts a time: `make bench` prints, people judge. The method is in README.md.
"""
