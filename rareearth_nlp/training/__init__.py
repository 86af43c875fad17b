"""From annotated sentences to a tagger and its metrics; everything is returned, nothing registered or printed."""
