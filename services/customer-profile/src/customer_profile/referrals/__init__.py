"""Referrals: which customer brought us which other one."""
