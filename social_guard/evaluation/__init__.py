"""How good a guard is, on labelled comments: measures with intervals, outcomes, fairness, tests of function."""
