"""Results proved here, by topic; each claim carries its proof."""
