"""What many local steps do: sweeping or projecting, why limits do not commute, and what anchoring can repair."""
