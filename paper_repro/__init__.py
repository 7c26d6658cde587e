"""Papers, claim by claim: the framework, the catalogue, the report and the command line."""
