"""Simulators with planted bugs: what people really get wrong, to see whether the oracles notice."""

from paper_repro.conformance.planted.average_bugs import AVERAGE_BUGS
from paper_repro.conformance.planted.bug import Planted as Planted
from paper_repro.conformance.planted.chance_bugs import CHANCE_BUGS
from paper_repro.conformance.planted.correction_bugs import CORRECTION_BUGS
from paper_repro.conformance.planted.data_bugs import DATA_BUGS
from paper_repro.conformance.planted.local_bugs import LOCAL_BUGS
from paper_repro.conformance.planted.record_bugs import RECORD_BUGS
from paper_repro.conformance.planted.server_bugs import SERVER_BUGS
from paper_repro.conformance.planted.training import Parts as Parts
from paper_repro.conformance.planted.training import Plain as Plain


TOPICS: dict[str, tuple[Planted, ...]] = {
    "Data": DATA_BUGS,
    "Local work": LOCAL_BUGS,
    "The average": AVERAGE_BUGS,
    "FedProx, SCAFFOLD, FedNova": CORRECTION_BUGS,
    "The server": SERVER_BUGS,
    "Draws, and what survives a run": CHANCE_BUGS,
    "Precision and record": RECORD_BUGS,
}
PLANTED: tuple[Planted, ...] = tuple(bug for bugs in TOPICS.values() for bug in bugs)
