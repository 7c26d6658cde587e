"""The report: verdicts, evidence and figures as a static site that opens without a server or a network.

| module | what |
|---|---|
| ``making`` | from results to a report |
| ``site`` | which files, in which order |
| ``rendering`` | the templates |
| ``drawing``, ``plates`` | figures of claims, and of the gallery |
| ``outcome``, ``digits``, ``prose``, ``formulas``, ``interval_strip`` | how results look |
| ``standalone`` | one page with the style sheet inside, for snapshots |
| ``papers`` | what we know of a paper: symbols, notes, figures and tables |
| ``story`` | what a paper says and what was found, in sentences |
| ``filters`` | by what the index can be narrowed |
| ``diff`` | what changed between two reports |
| ``citation``, ``rerun``, ``environment`` | its source, how to get it again, with what it was made |
"""
