"""Speed, in CPU time and as ratios to a yardstick measured in the same run; never asserted in a test."""
