"""One of everything that a notebook shows, small; a name each."""

from functools import cache

import numpy as np
import sympy

import sde
import sde.zoo
from implicitbias import (
    AdaGrad,
    Adam,
    fedavg,
    fednova,
    fedprox,
    Fixed,
    initial_state,
    LinearClassification,
    LinearRegression,
    local_flow,
    local_gd,
    local_sgd,
    Logistic,
    max_margin,
    modified_local_gd,
    normalised_gd,
    PolynomialTail,
    post_local_sgd,
    PowerDecay,
    prgd,
    projection,
    proximal,
    qsr,
    Quadratics,
    Rescaling,
    RMSProp,
    run,
    RunSpec,
    Sampled,
    savic,
    scaffold,
    separability,
    sequential_gd,
    Server,
    Stream,
    sweep,
    sweeping,
    TwoLayerNetwork,
)
from implicitbias.bounds import crawshaw_threshold
from implicitbias.data import set_a
from implicitbias.formulas import derivation, formula
from implicitbias.problems.noisy_quadratics import NoisyQuadratics
from implicitbias.recursions import affine_round, random_round
from implicitbias.statistics import Interval
from paper_repro.catalogue import find
from paper_repro.claims import Evidence
from paper_repro.claims.result import FalsifierResult, Result
from paper_repro.claims.verdict import Comparison, Relation, Status, Verdict
from paper_repro.conformance import cases, check
from sde.comparison import Compared
from sde.schemes import SCHEMES
from tests.wrong_fedavg import Switches, wrong_fedavg


# More entries than anybody reads.
MANY = 200
LONG = tuple(float(k) for k in range(1, MANY + 1))


def method_zoo():
    """Return a method for every axis and most values."""
    drawn = {w: Sampled(3, weighting=w) for w in ("renormalised", "unbiased")}
    return {
        "local gd": local_gd(0.2, 10),
        "one step": local_gd(1e-5, 1),
        "scheduled": local_gd(PowerDecay(0.1), (1, 2)),
        "sgd": local_sgd(0.1, 4, batch=8),
        "fixed": savic(0.1, 4, Fixed(LONG), batch=2),
        "fixed per worker": savic(0.1, 4, Fixed((LONG, LONG)), batch=2),
        "adam": savic(0.1, 4, Adam(scope="worker", refresh="step"), batch=2, momentum=0.9),
        "adagrad": savic(0.1, 4, AdaGrad(floor=1e-3, flooring="plus"), batch=2),
        "rmsprop": savic(0.1, 4, RMSProp(), batch=2),
        "fedprox": fedprox(0.1, 5, 0.3),
        "scaffold": scaffold(0.1, 10),
        "fednova": fednova(0.1, (1, 2, 3)),
        "fednova drawn": fednova(0.1, (1, 2, 3), participation=drawn["renormalised"]),
        "weights": fedavg(0.1, 2, weights=LONG),
        "server": fedavg(0.1, 2, server=Server(0.7, 0.9, nesterov=True, delay=2)),
        "heavy server": fedavg(0.1, 2, server=Server(1.0, 0.9)),
        **{f"drawn {w}": fedavg(0.1, 2, weights=LONG, participation=s) for w, s in drawn.items()},
        **{f"drawn samples {w}": fedavg(0.1, 2, participation=s) for w, s in drawn.items()},
        **{f"drawn uniform {w}": fedavg(0.1, 2, weights=None, participation=s) for w, s in drawn.items()},
        "turns": sequential_gd(0.1, 2),
        "normalised": normalised_gd(PowerDecay(0.1)),
        "rescaled": prgd(0.1, Rescaling(1.0, 1.1, 3)),
        "anchored": modified_local_gd(local_gd(0.1, 2)),
        "flow": local_flow(1000.0),
        "prox": proximal(1e-3),
        "projection": projection(),
        "sweeping": sweeping(),
        "qsr": qsr(PowerDecay(0.1), 0.05, 2, batch=1),
        "post local": post_local_sgd(0.1, 4, switch=10, batch=1),
    }


def problem_zoo():
    """Return a problem of every kind, with more samples than anybody reads."""
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(MANY, 3)), np.where(np.arange(MANY) % 2, 1, -1)
    hessians, centres = np.ones((2, 1, 1)), np.array([[0.0], [1.0]])
    x, y = sympy.symbols("x y", real=True)
    return {
        "classification": LinearClassification(rows, labels, workers=4, loss=Logistic(), l2=0.1),
        "polynomial": LinearClassification(rows, labels, workers=4, loss=PolynomialTail(2.0)),
        "regression": LinearRegression(rows, labels, workers=4),
        "quadratics": Quadratics(hessians, centres),
        "noisy": NoisyQuadratics(hessians, centres),
        "network": TwoLayerNetwork(rows, np.arange(MANY) % 3, hidden=5, l2=0.01),
        "landscape": sde.Landscape(
            sympy.exp(x) * y**2 / 2, (x, y), sde.Factors([[0], [1]]), manifold=sde.Chart((x,), (x, 0))
        ),
    }


def sde_zoo():
    """Return equations: derived ones, one in SymPy, one of functions alone."""
    landscape, method = problem_zoo()["landscape"], local_sgd(0.01, 100, batch=1 / 8, workers=8)
    x, y = sympy.symbols("x y", real=True)
    symbolic = sde.SymbolicSDE((x, y), (-x, -y), [[1, 0], [0, x]], sde.Convention.STRATONOVICH, name="<&>")
    functions = sde.SDE(
        lambda v: -v, lambda v: np.ones((*v.shape, 1)), dim=1, noises=1, convention=sde.Convention.ITO
    )
    return {
        "chart": sde.chart_sde(landscape, method),
        "slow": sde.slow_sde(landscape, method),
        "conventional": sde.conventional_sde(landscape, method),
        "symbolic": symbolic,
        "compiled": symbolic.compile(),
        "functions": functions,
    }


def comparison(status):
    """Return a comparison of 0.4975 ± 0.012 with ½ ± 0.02."""
    return Comparison("rate <r>", 0.4975, 0.012, 0.5, 0.02, Relation.EQUAL, status, 0.064)


def result(status=Status.HOLDS, falsified=Status.REFUTED):
    """Return a result whose texts must be escaped."""
    wrong = (FalsifierResult("a < b", "<script>alert(1)</script> & $x_i$", falsified, "no"),)
    return Result(
        key="zhu2024/residual-limit",
        paper="zhu2024",
        title="a & b <i>converge</i>",
        source="derived",
        status=status,
        expected=Status.HOLDS,
        evidence="LIMIT",
        message="limit <= 1",
        comparisons=(comparison(status),),
        falsifiers=wrong,
        knobs={"lr": 0.1},
        seed=0,
        budget="smoke",
        seconds=0.1,
    )


@cache
def noun_zoo():
    """Return everything by name."""
    data = set_a()
    problem = LinearClassification(data.features, data.labels, workers=data.workers)
    trace = run(problem, local_gd(0.1, 2), rounds=20)
    quadratics = problem_zoo()["quadratics"]
    drawn = fedavg(0.1, 10, weights=None, participation=Sampled(1))
    suite = check(lambda task: wrong_fedavg(task, Switches(extra_steps=-1)), only=["O1/path@G"])
    return {
        **method_zoo(),
        **problem_zoo(),
        **sde_zoo(),
        "scaling": Adam(),
        "fixed scaling": Fixed((LONG, LONG)),
        "aggregation": fedavg(0.1, 2, weights=LONG).aggregation,
        "local solver": fedprox(0.1, 5, 0.3).local_solver,
        "compared": Compared(
            ("x", "x²"), (Interval(0.1, 0.2), Interval(0.3, 0.4)), (Interval(0.0, 1.0),) * 2, 100
        ),
        "closed forms": sde.zoo.sphere(3, 1.4, sigma=0.8),
        "samples": data,
        "trace": trace,
        "state": initial_state(problem, local_gd(0.1, 2), replicas=np.arange(MANY)),
        "spec": RunSpec(problem, local_gd(0.1, 2), 20),
        "stream": Stream(0),
        "address": Stream(0).at("noise", np.arange(MANY)),
        "separator": max_margin(problem),
        "separability": separability(problem),
        "sweep": sweep(
            problem, lambda lr: local_gd(lr, 5), rounds=5, over={"lr": (0.1, 0.2)}, seeds=range(2)
        ),
        "affine round": affine_round(quadratics, fedavg(0.1, 10, weights=None)),
        "random round": random_round(quadratics, drawn),
        "derivation": derivation("fedavg"),
        "equation": derivation("fedavg").equations[0],
        "formula": formula("local-flow"),
        "bound": crawshaw_threshold(0.9, lr=0.1, local_steps=10, workers=2),
        "claim": find("zhu2024/residual-limit"),
        "result": result(),
        "verdict": Verdict(Status.HOLDS, Evidence.RATE, (comparison(Status.HOLDS),), "met"),
        "comparison": comparison(Status.HOLDS),
        "suite": suite,
        "outcome": suite.outcomes[0],
        "case": cases()[0],
        "task": cases()[0].task,
        **{type(scheme).__name__: scheme for scheme in SCHEMES},
    }
