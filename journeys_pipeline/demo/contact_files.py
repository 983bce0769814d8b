"""Contact files of the sample world, with every wrong row that customers send."""
