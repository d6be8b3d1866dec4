"""What customers spend in all, as far as somebody has found out, and which part of it is ours."""
