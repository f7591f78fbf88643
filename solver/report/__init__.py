"""What a plan means for people: the summary, the report and the indicators."""
