"""What a plan means for people: the summary and the indicators."""
