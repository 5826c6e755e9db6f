"""LeadLayer: all domain code, by subject; the functions only parse, call and render."""
