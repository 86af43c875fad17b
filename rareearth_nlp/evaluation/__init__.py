"""How good a tagger's scores are: metrics with intervals, parts, controls, pictures."""
