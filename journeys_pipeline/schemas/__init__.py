"""What each table is: columns, types, keys, ranges, meaning. One file a stage."""
