"""Is *my* simulator right? Oracles with exact answers, pointed at other people's federated code."""

from paper_repro.conformance.task import Simulator as Simulator
from paper_repro.conformance.task import Task as Task
