"""Home: where am I, and what next?"""

import streamlit as st

from clvcore.messages import say
from pages.parts import choice

data = choice.dataset()
st.title(say("pages.home.title"))
st.write(data.name, data.events.height)
