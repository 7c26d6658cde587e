"""All that is known to go wrong, one file per part of the algorithm."""

from collections.abc import Iterator

from paper_repro.conformance.diagnosis.mutation import Mutation
from paper_repro.conformance.diagnosis.mutations.controls import control_mutations
from paper_repro.conformance.diagnosis.mutations.data import data_mutations
from paper_repro.conformance.diagnosis.mutations.families import families as families
from paper_repro.conformance.diagnosis.mutations.formats import format_mutations
from paper_repro.conformance.diagnosis.mutations.local import local_mutations
from paper_repro.conformance.diagnosis.mutations.normalisation import normalisation_mutations
from paper_repro.conformance.diagnosis.mutations.rates import rate_mutations
from paper_repro.conformance.diagnosis.mutations.record import record_mutations
from paper_repro.conformance.diagnosis.mutations.server import server_mutations
from paper_repro.conformance.diagnosis.mutations.steps import step_mutations
from paper_repro.conformance.diagnosis.mutations.weights import weight_mutations
from paper_repro.conformance.diagnosis.recipe import Recipe


# In the order in which equally good explanations are listed: the most frequent first.
TOPICS = {
    "steps": step_mutations,
    "weights": weight_mutations,
    "rates": rate_mutations,
    "controls": control_mutations,
    "normalisation": normalisation_mutations,
    "local": local_mutations,
    "server": server_mutations,
    "record": record_mutations,
    "data": data_mutations,
    "formats": format_mutations,
}


def mutations(recipe: Recipe) -> Iterator[tuple[str, Mutation]]:
    """Yield every mutation that this recipe can have, with its topic."""
    for topic, of_topic in TOPICS.items():
        for mutation in of_topic(recipe):
            yield topic, mutation
