"""Plans that the check accepts against bounds that the engine proves, on random tiny instances with odd corners."""
