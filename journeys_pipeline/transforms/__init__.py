"""How one table becomes the next: lazy frames in, lazy frames out."""
