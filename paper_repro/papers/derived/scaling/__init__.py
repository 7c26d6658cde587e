"""Results on local methods with scaling that are proved here: derived, SAVIC-type."""
