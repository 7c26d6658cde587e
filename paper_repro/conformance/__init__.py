"""Is *my* simulator right? Oracles with exact answers, pointed at other people's federated code.

    import pytest
    from paper_repro.conformance import cases

    @pytest.mark.parametrize("case", cases(), ids=str)
    def test_my_simulator(case):
        case.assert_holds(my_simulator)

What the simulator does not offer is skipped. Nothing here needs pytest.
"""

from paper_repro.conformance.case import Case as Case
from paper_repro.conformance.case import NotChecked as NotChecked
from paper_repro.conformance.golden import golden as golden
from paper_repro.conformance.golden import random_instance as random_instance
from paper_repro.conformance.oracles import cases as cases
from paper_repro.conformance.outcome import Outcome as Outcome
from paper_repro.conformance.outcome import Status as Status
from paper_repro.conformance.suite import check as check
from paper_repro.conformance.suite import Suite as Suite
from paper_repro.conformance.task import Simulator as Simulator
from paper_repro.conformance.task import Task as Task
