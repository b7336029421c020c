"""Wrong servers whose mistake is in a find."""
