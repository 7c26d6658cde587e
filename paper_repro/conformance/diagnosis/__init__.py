"""Likely causes of a wrong path, found by fitting recursions with a mistake in them."""

from paper_repro.conformance.diagnosis.cause import Cause as Cause
from paper_repro.conformance.diagnosis.cause import Diagnosis as Diagnosis
from paper_repro.conformance.diagnosis.diagnosis import diagnose as diagnose
from paper_repro.conformance.diagnosis.probes import probes as probes
