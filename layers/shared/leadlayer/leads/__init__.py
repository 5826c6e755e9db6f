"""Contact details that a visitor left, with the evidence of consent."""
