"""From a transaction to another service's transaction: log, relay, consumer, inbox, dead letters.

At-least-once delivery, exactly-once effect, order per aggregate, nothing acknowledged ever lost.
"""
