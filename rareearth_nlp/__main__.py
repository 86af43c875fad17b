"""`python -m rareearth_nlp` is `rareearth-nlp`."""

from rareearth_nlp.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
