"""What is kept, for whom, how long, and how it leaves: the catalogue over all slices."""
