"""Every door for people and programs. No mathematics."""
