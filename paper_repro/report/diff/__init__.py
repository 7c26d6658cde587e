"""What changed between two reports.

| module | what |
|---|---|
| ``records`` | the results of a report, read again |
| ``movement`` | whether a number moved by more than it is known to |
| ``changes`` | everything that changed about one claim |
| ``difference`` | everything that changed between two reports |
"""
