"""The HTTP face: reads, acts, sign-in, node gateway, pages."""
