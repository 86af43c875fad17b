"""Tagged documents: the tagger, its directory, and what is made of its tags."""
