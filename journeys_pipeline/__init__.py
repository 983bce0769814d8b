"""From raw journey files to the numbers a marketing platform runs on and bills by."""
