"""The errors that mean "your input is wrong": one clear sentence for the user, never a bug."""


class RareEarthError(Exception):
    """The base of every error that the user can mend; the command line prints it as one line."""


class ConfigError(RareEarthError):
    """A configuration file, key or value is wrong."""


class DataError(RareEarthError):
    """An article or a corpus cannot be used as it stands."""


class ModelError(RareEarthError):
    """A tagger directory or a set of encoder weights cannot be used as it stands."""
