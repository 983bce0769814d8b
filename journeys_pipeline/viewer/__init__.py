"""The small web application that decides who sees which dashboard (docs/viewer.md)."""
