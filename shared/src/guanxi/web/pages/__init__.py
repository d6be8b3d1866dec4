"""What all pages share: the style of those for a phone, and the page that says what is wrong."""
