"""Who is who: one place for every rule that makes person records one customer."""
