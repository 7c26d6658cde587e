"""Running a method on a problem: states, the definition of a round, compiled twins, records and traces."""
