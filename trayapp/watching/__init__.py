"""Tell a person's saves from everything else that writes files."""
