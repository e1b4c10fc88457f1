"""Income tax: what is withheld, computed ahead, prepared and proven. The union prepares; it never files."""
