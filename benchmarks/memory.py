"""Peak memory of a recorded run, in fresh processes: it must not grow with the number of rounds."""

import json
import subprocess
import sys


ROUNDS = (10_000, 1_000_000)

# ru_maxrss sees what compiled code allocates, tracemalloc what Python and NumPy do.
PROGRAM = """
import json, resource, sys, tracemalloc
from implicitbias import LinearClassification, PowerDecay, RecordAt, Stream, local_gd, run
from implicitbias.data import gaussian_separable
rounds, decaying = int(sys.argv[1]), sys.argv[2] == "True"
data = gaussian_separable(Stream(0), 10, 2)
problem = LinearClassification(data.features, data.labels, workers=2)
method = local_gd(PowerDecay(0.5) if decaying else 0.5, 4)
run(problem, method, 2000, record=RecordAt.log(50))
tracemalloc.start()
trace = run(problem, method, rounds, record=RecordAt.log(50))
print(json.dumps({"engine": trace.engine, "records": len(trace.rounds),
                  "python_peak_bytes": tracemalloc.get_traced_memory()[1],
                  "process_peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


def run(full: bool) -> tuple[dict[str, object], str]:
    """Return the record and its table."""
    del full
    rows, lines = (
        [],
        [f"  {'rounds':>10}{'learning rate':>16}{'records':>9}{'Python peak':>14}{'process peak':>14}"],
    )
    for decaying in (False, True):
        for rounds in ROUNDS:
            command = [sys.executable, "-c", PROGRAM, str(rounds), str(decaying)]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            rows.append({"rounds": rounds, "decaying": decaying} | row)
            lines.append(
                f"  {rounds:>10}{'decaying' if decaying else 'constant':>16}{row['records']:>9}"
                f"{row['python_peak_bytes'] / 2**20:>10.2f} MiB{row['process_peak_bytes'] / 2**20:>10.0f} MiB"
            )
    return {"rows": rows}, "\n".join(lines)
