"""Guidance: how several predictions of one step become the one the solver follows; one formula a
file.
"""
