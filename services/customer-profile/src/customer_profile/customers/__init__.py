"""The customer's file: who it is, how to reach it, who answers for it, and every change to it."""
