"""Prints the fast solvers' inner functions, the models for other programs and the equation sheet, from the equations.

Development only: nothing imports this package at run time. After a change to :mod:`itp_sim.equations` run

    python hatch_build.py           # rewrites the generated files, and compiles the kernel in place
    python -m itp_sim.generate      # rewrites the generated files alone

The equations are called with traced numbers (:mod:`.trace`) that write down each operation in the order in which the
code does it; derivatives and the sparse factorisation are taken on that record.
"""
