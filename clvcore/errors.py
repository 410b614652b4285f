"""Everything that can go wrong and that a person can mend.

    ClvError
      UploadError       the bytes are not a table we can read
      MappingError      a column is missing, doubled or of the wrong kind
      DataError         the rows cannot mean what the column says
      ConfigError       a setting is out of range
      FitError          a model did not converge
      RunError          a training run failed, was lost, or does not exist
      NotFoundError     a data set, user, item or file of that name is not here

A message has three parts: what is wrong, where, and what to do. The sentences themselves live in
`clvcore.messages`; raise with ``raise DataError(say("data.empty", table="events"))``.
"""


class ClvError(Exception):
    """Base of every error that is meant to be read by an analyst."""


class UploadError(ClvError):
    """Error raised when bytes are not a table that can be read."""


class MappingError(ClvError):
    """Error raised when a column is missing, doubled or of the wrong kind."""


class DataError(ClvError):
    """Error raised when rows cannot mean what their column says."""


class ConfigError(ClvError):
    """Error raised when a setting is out of range."""


class FitError(ClvError):
    """Error raised when a model did not converge or cannot be identified."""


class RunError(ClvError):
    """Error raised when a run failed, was lost, or does not exist."""


class NotFoundError(ClvError):
    """Error raised when a data set, user, item or file is not here."""
