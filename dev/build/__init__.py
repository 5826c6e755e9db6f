"""Makes the packages that SAM deploys: one layer, one folder per function, bytecode included."""
