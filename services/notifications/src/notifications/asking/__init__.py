"""Ask first: a customer who has said nothing is asked, once in twelve months, before anything is sent."""
