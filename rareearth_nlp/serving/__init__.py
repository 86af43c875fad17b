"""The tagger over HTTP."""
