"""Scaling the steps: Adam, RMSProp, OASIS and others race on ill-scaled data, and T1–T4 are held against them."""

from paper_repro.classroom.scaling.controls import Controls as Controls
from paper_repro.classroom.scaling.controls import NAMES as NAMES
from paper_repro.classroom.scaling.data import instance_of as instance_of
from paper_repro.classroom.scaling.races import race as race
from paper_repro.classroom.scaling.races import tuned as tuned
from paper_repro.classroom.scaling.show import show as show
from paper_repro.classroom.scaling.study import study as study
