"""Behaviour data in; recommendations, lifetime value and what-if out.

The rooms, from the ground up: ``data`` (bytes to a clean `Dataset`), ``features`` (to arrays),
``towers`` (to vectors), ``value`` (to lifetime value), ``ranking`` (to recommendations),
``scenario`` (to outcomes), ``runs`` (files and processes) and ``cli``. Each is imported by its own
name, so that ``import clvcore`` stays light: it loads neither jax, plotly nor streamlit.
"""

from importlib.metadata import version as _version

__version__ = _version("clv-studio")

__all__ = ["__version__"]
