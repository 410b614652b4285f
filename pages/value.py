import streamlit as st
st.title("q")
