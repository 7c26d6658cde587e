"""The catalogue: every claim, registered by hand, imported only when it is asked for.

Claims of other packages need no entry: their keys say where they are (``paper_repro.outside``).
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from implicitbias.errors import BadInput
from paper_repro.outside import Guest, guests


if TYPE_CHECKING:
    from paper_repro.claims import Claim


@dataclass(frozen=True)
class Entry:
    """A claim by name: what ``list`` shows without importing it. A test keeps it equal to the claim."""

    key: str
    module: str
    title: str
    source: str
    expects: str = "HOLDS"
    name: str = "CLAIM"

    @property
    def paper(self) -> str:
        """First part of the key."""
        return self.key.split("/", 1)[0]

    def load(self) -> "Claim":
        """Import and return the claim."""
        return getattr(import_module(f"paper_repro.papers.{self.module}"), self.name)


ENTRIES = (
    Entry(
        "chatterjee2024/delay-limit",
        "chatterjee2024.delay_limit",
        "Changes that are τ rounds late are stable for lc < 2 sin(π/(2(2τ + 1))), and not beyond",
        "derived",
    ),
    Entry(
        "chezhegov2024/network-local-steps",
        "chezhegov2024.network_local_steps",
        "More local steps save rounds on evenly dealt digits, and a split by label takes most of that away",
        "conjectured",
    ),
    Entry(
        "chezhegov2024/network-scaling",
        "chezhegov2024.network_scaling",
        "On inputs with units decades apart, a network learns in fewer rounds with Adam, RMSProp or OASIS",
        "conjectured",
    ),
    Entry(
        "chezhegov2024/network-scope",
        "chezhegov2024.network_scope",
        "On digits dealt by label, one scaling for all workers beats one for each",
        "conjectured",
    ),
    Entry(
        "chezhegov2024/network-standardised",
        "chezhegov2024.network_scaling",
        "Control: on standardised inputs the same network gains nothing from scaling",
        "conjectured",
        name="CLAIM_STANDARDISED",
    ),
    Entry(
        "crawshaw2025/drift-threshold",
        "crawshaw2025.drift_threshold",
        "Once f ≤ γ/(70ηHM), the drift of Local GD is at most a fifth of the gradient",
        "second-hand",
    ),
    Entry(
        "crawshaw2025/loss-bound",
        "crawshaw2025.loss_bound",
        "Past its unstable phase Local GD has f ≤ 16/(γ²ηH(r − r_c)), for any ηH",
        "second-hand",
    ),
    Entry(
        "damian2021/regulariser",
        "damian2021.regulariser",
        "Near stability label noise decreases −(1/2η) tr log(1 − (η/2)∇²L), well beyond a quarter of the trace",
        "recalled",
    ),
    Entry(
        "derived/adagrad-local-steps",
        "derived.scaled_bias.adagrad_local",
        "Conjecture, measured: AdaGrad with local steps finds the max margin in the norm of the D it ends with",
        "conjectured",
    ),
    Entry(
        "derived/added-floor",
        "derived.scaling.averaging",
        "Added instead of taken as a maximum, the floor lets one refresh multiply D̂ by 1 + √(1 − β)κ",
        "derived",
        name="PLUS",
    ),
    Entry(
        "derived/additive-noise",
        "derived.participation.additive_noise",
        "Noise in every gradient: the covariance of Local SGD at rest solves a Lyapunov equation, of order 1/M",
        "derived",
    ),
    Entry(
        "derived/anchored-finite-steps",
        "derived.many_local_steps.anchored_path",
        "At finite ηH anchoring is a ridge of strength 1/(ηHr): log-like, no better than averaging",
        "derived",
        name="CLAIM_STEPS",
    ),
    Entry(
        "derived/anchored-proximal-floor",
        "derived.many_local_steps.anchored_path",
        "Anchored proximal solves stop at a floor set by log(1/λ), where exact projections go on",
        "derived",
        name="CLAIM_PROXIMAL",
    ),
    Entry(
        "derived/clip-the-sample",
        "derived.scaling.averaging",
        "Clipping D̂ is not enough: the samples must be clipped, or one refresh exceeds every bound",
        "derived",
        name="CLIPPED",
    ),
    Entry(
        "derived/continuation",
        "derived.continuation.order",
        "Continued from round r₀, Local GD misses the exact rounds by O(1/r₀), to second order by O(1/r₀²)",
        "derived",
    ),
    Entry(
        "derived/conventional-gap",
        "derived.slow_sde.conventional_gap",
        "After O(1/η) steps Local SGD and SGD differ by O(η), with known coefficient: the usual SDE cannot tell them",
        "derived",
    ),
    Entry(
        "derived/corrected-weight",
        "derived.scaling.averaging",
        "The bias correction of D counts refreshes, not iterations: sample t weighs (1 − β)/(1 − β^(t+1))",
        "derived",
        name="WEIGHTS",
    ),
    Entry(
        "derived/dependent-support",
        "derived.local_gd.dependent_support",
        "With more support vectors than dimensions, the residual minimises J",
        "derived",
    ),
    Entry(
        "derived/diagonal-network",
        "derived.label_noise.network",
        "Local SGD with label noise shrinks each u_k v_k of a diagonal network at its own rate, and with them |w|₁",
        "derived",
    ),
    Entry(
        "derived/drift-bound",
        "derived.drift.bound",
        "Local GD is gradient descent with step ηH and an error |b_r| ≤ 2ηHM f²",
        "derived",
    ),
    Entry(
        "derived/drift-from-disagreement",
        "derived.slow_sde.from_disagreement",
        "The drift that Local SGD has over SGD is −½P_T∇³L[C]/η, C the disagreement of the workers as measured",
        "derived",
    ),
    Entry(
        "derived/drift-leading-term",
        "derived.drift.leading_term",
        "The drift is −(η(H−1)/2) mean ∇²f_m ∇f_m, up to a term of third order in the loss",
        "derived",
    ),
    Entry(
        "derived/dual-sum",
        "derived.local_gd.dual_sum",
        "The multipliers sum to 1/γ², and A_S ŵ = ŵ",
        "derived",
    ),
    Entry(
        "derived/federated-equal-data",
        "derived.federated.equal_data",
        "On equal data FedAvg with H steps and R rounds is gradient descent with HR steps",
        "derived",
    ),
    Entry(
        "derived/federated-moved",
        "derived.federated.moved",
        "Shifted or rotated losses shift or rotate the path of every federated method, unless a diagonal scales it",
        "derived",
    ),
    Entry(
        "derived/federated-renamed",
        "derived.federated.renamed",
        "Renaming the workers, or giving each a twin, changes no federated method",
        "derived",
    ),
    Entry(
        "derived/federated-tied-noise",
        "derived.federated.tied_noise",
        "On quadratics with one Hessian and noise tied to (worker, step), x̂ after T steps is the same for every H",
        "derived",
    ),
    Entry(
        "derived/fejer",
        "derived.many_local_steps.fejer",
        "Projections and sweeping never move away from a point of the feasible set",
        "derived",
    ),
    Entry(
        "derived/finite-steps-leave",
        "derived.many_local_steps.finite_steps",
        "Finite H leaves the limit of infinitely many local steps and goes to the max margin",
        "derived",
    ),
    Entry(
        "derived/fixed-budget",
        "derived.local_gd.fixed_budget",
        "With N = HR local steps in all, direction and loss do not depend on how N is split",
        "derived",
    ),
    Entry(
        "derived/fixed-points",
        "derived.many_local_steps.fixed_points",
        "Averaged projections rest exactly on the feasible set of all workers",
        "derived",
    ),
    Entry(
        "derived/fixed-scaling-direction",
        "derived.scaled_bias.fixed_direction",
        "A fixed scaling D finds the max margin in the norm √(wᵀDw), for any H",
        "derived",
    ),
    Entry(
        "derived/fixed-scaling-regression",
        "derived.scaled_bias.fixed_regression",
        "Least squares with a fixed scaling ends at the D-norm projection of the start, whatever H and the split",
        "derived",
    ),
    Entry(
        "derived/floor-direction",
        "derived.scaled_bias.floor",
        "A floor brings back the Euclidean max margin, whatever the scaling did before",
        "derived",
        name="CLAIM_DIRECTION",
    ),
    Entry(
        "derived/floor-one-point",
        "derived.scaled_bias.one_point",
        "One sample: equal steps in all coordinates until the floor, then along x with the clock η/d_min",
        "derived",
    ),
    Entry(
        "derived/floor-reached",
        "derived.scaled_bias.floor",
        "With a floor D̂ is exactly d_min·I from a finite round on, about ln(|g₀|/d_min)/(ηHγ_∞)",
        "derived",
    ),
    Entry(
        "derived/fresh-samples",
        "derived.scaling.samples",
        "With fresh samples the scaled gradient is unbiased at x* for every β; with the same sample it is not",
        "derived",
        name="FRESH",
    ),
    Entry(
        "derived/hutchinson-sample",
        "derived.scaling.hutchinson",
        "A Hutchinson sample of random signs has mean diag(A) and variances Σ A_ij² over j ≠ i",
        "derived",
    ),
    Entry(
        "derived/inconsistent-solves",
        "derived.projections.inconsistent",
        "Exact solves of workers that contradict each other average to another point than least squares",
        "derived",
    ),
    Entry(
        "derived/inside-round",
        "derived.slow_sde.inside_round",
        "Between averagings workers part by (M − 1)V(1 − q^k); averaged over the round this is the ψ of the slow SDE",
        "derived",
    ),
    Entry(
        "derived/learning-rate-squared",
        "derived.valley.learning_rate",
        "κ times the learning rate, for as many steps, is κ² times the slow time: SGD drifts κ² times as far",
        "derived",
    ),
    Entry(
        "derived/local-noise-jump",
        "derived.scaling.local_noise",
        "Where the curvature jumps, x̂ is shifted by ησ√H: the (H − 1) term of the bounds is no artefact",
        "derived",
        name="JUMP",
    ),
    Entry(
        "derived/local-noise-quadratic",
        "derived.scaling.same_path",
        "On identical quadratics x̂ does not depend on H: the (H − 1) term is exactly 0",
        "derived",
        name="QUADRATIC",
    ),
    Entry(
        "derived/local-noise-smooth",
        "derived.scaling.local_noise",
        "A third derivative shifts x̂ by η²(H − 1): the (H − 1) term of E|x̂|² is of order η⁴(H − 1)²",
        "derived",
        name="SMOOTH",
    ),
    Entry(
        "derived/local-steps-gain",
        "derived.local_gd.local_steps_gain",
        "At a fixed learning rate, H times as many local steps only add log H to the clock of the direction",
        "derived",
    ),
    Entry(
        "derived/loss-inequalities",
        "derived.losses.inequalities",
        "The loss bounds its slope, the slope its curvature and, for z ≥ 0, half the loss",
        "derived",
    ),
    Entry(
        "derived/loss-rate-corrected",
        "derived.local_gd.loss_rate",
        "With η = c/H, r times the loss tends to 1/(γ²c) for every H: local steps gain nothing",
        "derived",
    ),
    Entry(
        "derived/mixed-bias-order",
        "derived.mixed_data.bias",
        "On mixed data the bias in U is of first order in η(H − 1), with a known coefficient",
        "derived",
    ),
    Entry(
        "derived/mixed-data",
        "derived.mixed_data.limit",
        "On mixed data Local GD turns to ū; its bounded part in general rests away from the minimiser",
        "derived",
    ),
    Entry(
        "derived/mixed-data-shared",
        "derived.mixed_data.limit",
        "Workers that share their trapped rows leave no bias: the part in U tends to the minimiser",
        "derived",
        name="CLAIM_SHARED",
    ),
    Entry(
        "derived/mixed-noise-drift",
        "derived.curved_minima.mixed_noise",
        "On a circle mixed noise drifts, and local steps speed that up by 1 + (M − 1)ψ(αh), not ψ(2αh)",
        "derived",
    ),
    Entry(
        "derived/nearest-solution",
        "derived.projections.nearest_solution",
        "Averaged exact solves end at the solution nearest to the start, whatever the weights",
        "derived",
    ),
    Entry(
        "derived/no-floor-local-steps",
        "derived.scaled_bias.no_floor_local",
        "Conjecture, measured: without a floor Adam with local steps finds the ℓ∞ max margin too",
        "conjectured",
    ),
    Entry(
        "derived/noise-floor-local-steps",
        "derived.scaling.long_rounds",
        "For H = 1 the noise floor falls like 1/M; for H > 1 the bias of long rounds stays, and the fit is flatter",
        "derived",
    ),
    Entry(
        "derived/noise-floor-workers",
        "derived.scaling.noise_floor",
        "With H = 1 and a D̂ that does not know M the noise floor falls like 1/M",
        "derived",
        name="MEAN_OF_SQUARES",
    ),
    Entry(
        "derived/noise-law",
        "derived.valley.noise_law",
        "Gaussian, ±1 and skewed noise of one covariance drift alike: only Σ enters the slow SDE",
        "derived",
    ),
    Entry(
        "derived/normalised-limit",
        "derived.local_gd.normalised_limit",
        "Normalised steps settle on the residual limit of gradient descent, only exponentially faster",
        "derived",
    ),
    Entry(
        "derived/one-local-step",
        "derived.valley.one_local_step",
        "With one local step Local SGD is parallel SGD, and drifts 1/(1 − ηh/2) times as far as its slow SDE",
        "derived",
    ),
    Entry(
        "derived/onset",
        "derived.drift.onset",
        "In the limit of short rounds f ≤ γ/(70ηHM) is reached later for larger ηH, by round 70M/γ³",
        "derived",
    ),
    Entry(
        "derived/order-of-limits",
        "derived.many_local_steps.order_of_limits",
        "With log r = c log(ηH), Local GD goes from the sweeping point to ŵ: the order of limits",
        "derived",
    ),
    Entry(
        "derived/orthogonal-closed-forms",
        "derived.orthogonal.closed_forms",
        "One orthogonal sample per worker: separator, limit, projections and local flow in closed form",
        "derived",
    ),
    Entry(
        "derived/own-scalings-direction",
        "derived.scaled_bias.per_worker",
        "With a D_m of each worker w/log r tends to Σ a_i D_{m(i)}⁻¹x_i, the max margin of no norm",
        "conjectured",
    ),
    Entry(
        "derived/per-worker-fixed-point",
        "derived.scaling.fixed_points",
        "With a D̂_m on every worker Local SGD solves another problem, and no smaller η mends that",
        "derived",
        name="PER_WORKER",
    ),
    Entry(
        "derived/polynomial-tail-limit",
        "derived.polynomial_tail.limit",
        "With the tail (1+z)^{−p} Local GD turns to the minimiser of Σ p_i (x_i·u)^{−p}, not to ŵ",
        "derived",
    ),
    Entry(
        "derived/polynomial-tail-steep",
        "derived.polynomial_tail.steep",
        "As p → ∞ the limit of the tail (1+z)^{−p} turns to the max margin, like ŵ + w̃/(p+1)",
        "derived",
    ),
    Entry(
        "derived/projection-angle",
        "derived.projections.angle",
        "More local steps cannot beat (1 + cos θ)/2 per round on two workers with one sample each",
        "derived",
    ),
    Entry(
        "derived/proximal-multipliers",
        "derived.many_local_steps.proximal_multipliers",
        "A proximal point misses the margin of an active sample by log(n_m Λ β)/Λ, exactly",
        "derived",
    ),
    Entry(
        "derived/proximal-projection",
        "derived.many_local_steps.proximal_projection",
        "Weakly regularised local solves project, many gradient steps sweep: the limits differ",
        "derived",
    ),
    Entry(
        "derived/regression-bias",
        "derived.regression.bias",
        "On inconsistent regression Local GD with H > 1 in general ends away from least squares",
        "derived",
    ),
    Entry(
        "derived/regression-bias-order",
        "derived.regression.bias",
        "The bias of Local GD on inconsistent regression is of first order in η(H − 1)",
        "derived",
        name="CLAIM_ORDER",
    ),
    Entry(
        "derived/regression-exact-solves",
        "derived.regression.rate",
        "With exact local solves the error shrinks by 1 − θ_min per round",
        "derived",
        name="CLAIM_EXACT",
    ),
    Entry(
        "derived/regression-rate",
        "derived.regression.rate",
        "On consistent regression the error shrinks by the spectral radius of T_H per round",
        "derived",
    ),
    Entry(
        "derived/reshuffling",
        "derived.local_gd.reshuffling",
        "Among workers of equal size, it does not matter who holds which sample",
        "derived",
    ),
    Entry(
        "derived/reshuffling-at-infinity",
        "derived.continuation.reshuffling",
        "Reshuffled workers end at the same w̃ to ten digits if their sizes are equal, and shifted by Δ if not",
        "derived",
    ),
    Entry(
        "derived/residual-rate",
        "derived.local_gd.residual_rate",
        "The residual settles like r^(−κ): the data decide the exponent, not H",
        "derived",
    ),
    Entry(
        "derived/residual-rate-continued",
        "derived.continuation.residual_rate",
        "Continued in log-time, the residual settles with the exponent κ, seen to about 10⁻³",
        "derived",
    ),
    Entry(
        "derived/rounds-to-accuracy",
        "derived.scaling.rounds_to_accuracy",
        "On ill-scaled data OASIS needs fewer rounds than Adam and RMSProp, these fewer than no scaling",
        "conjectured",
    ),
    Entry(
        "derived/same-sample-median",
        "derived.scaling.samples",
        "With the same sample and β = 0 RMSProp rests at the coordinatewise median of the noise, not at x*",
        "derived",
        name="MEDIAN",
    ),
    Entry(
        "derived/sampled-controls",
        "derived.participation.sampled_controls",
        "SCAFFOLD with workers drawn at random comes to rest at the minimiser, where FedAvg goes on fluctuating",
        "derived",
    ),
    Entry(
        "derived/sampled-weights",
        "derived.participation.sampled_weights",
        "With unequal weights and workers drawn at random, renormalised shares rest elsewhere than FedAvg",
        "derived",
    ),
    Entry(
        "derived/sampled-workers",
        "derived.participation.sampled_workers",
        "With workers drawn at random FedAvg rests around its fixed point, with a spread that is known",
        "derived",
    ),
    Entry(
        "derived/scaled-bias",
        "derived.scaling.bias",
        "With H > 1 the fixed point leaves x* along a known vector, in proportion to η(H − 1)",
        "derived",
    ),
    Entry(
        "derived/scaled-circle",
        "derived.scaling_drift.circle",
        "Noise across a circle leaves the angle alone; under a scaling it drives it to the slower axis",
        "derived",
    ),
    Entry(
        "derived/scaled-features",
        "derived.scaling.same_path",
        "A frozen D̂ is Local SGD on the features D̂^(−1/2)x in y = D̂^(1/2)w",
        "derived",
        name="FEATURE",
    ),
    Entry(
        "derived/scaled-fixed-point",
        "derived.scaling.fixed_points",
        "With H = 1 and one D̂ for all workers the fixed point is x*, whatever D̂",
        "derived",
        name="GLOBAL",
    ),
    Entry(
        "derived/scaled-loss-decreases",
        "derived.scaled_bias.loss_decreases",
        "With any D̂ between d_min and d_max the loss falls in every round, to zero",
        "derived",
    ),
    Entry(
        "derived/scaled-valley",
        "derived.scaling_drift.valley",
        "A fixed scaling D = diag(a, b) divides the drift in a valley by ab, and its rounds by b alone",
        "derived",
    ),
    Entry(
        "derived/scaling-cold-adam",
        "derived.scaling.theorem_identical",
        "For Adam from a cold start T1 says nothing: bias correction moves D̂ by more than Hημ/2 admits",
        "derived",
        "NOT_APPLICABLE",
        name="CLAIM_COLD",
    ),
    Entry(
        "derived/scaling-consensus",
        "derived.scaling.consensus",
        "Workers on the same data part by (t − t_p)η²σ²(1 − 1/M)/d_min at most; above η = 2 d_min/L by far more",
        "derived",
    ),
    Entry(
        "derived/scaling-constant-diagonal",
        "derived.scaling.constant_diagonal",
        "Scaling by the diagonal does nothing for a quadratic whose diagonal is constant: κ_D = κ",
        "derived",
    ),
    Entry(
        "derived/scaling-crude-rate",
        "derived.scaling.crude_rate",
        "With d_min and d_max alone T1 never predicts a benefit of scaling, whatever the problem",
        "derived",
    ),
    Entry(
        "derived/scaling-drift",
        "derived.scaling.drift",
        "At a refresh a clipped D̂ grows by √(1 + (1−β)(κ²−1)) or 1 + (1−β)(κ−1) at most, and it does",
        "derived",
    ),
    Entry(
        "derived/scaling-drift-along-a-run",
        "derived.scaling.drift_along_a_run",
        "A β that meets the averaging condition keeps the drift of D̂ below c in whole runs, and no faster β does",
        "derived",
    ),
    Entry(
        "derived/scaling-horizon",
        "derived.scaling.horizon",
        "The order 1/√(MT) survives H − 1 ≤ 2√(T/M³) local steps, and √8·(T/M³)^¼ on heterogeneous data",
        "derived",
    ),
    Entry(
        "derived/scaling-metric",
        "derived.scaling.metric",
        "L_D, μ_D, σ_D² are never worse than L/d_min, μ/d_max, σ²/d_min, and free of the scales of features",
        "derived",
    ),
    Entry(
        "derived/scaling-one-step-heterogeneous",
        "derived.scaling.one_step_heterogeneous",
        "No drawn state breaks the one-step lemma on heterogeneous data; without V, or with σ²/M² or 4Δ, some do",
        "derived",
    ),
    Entry(
        "derived/scaling-one-step-identical",
        "derived.scaling.one_step_identical",
        "No drawn state breaks the one-step lemma on identical data; without V, or with σ²/M² or 5/2·Δ, some do",
        "derived",
    ),
    Entry(
        "derived/scaling-round-consensus",
        "derived.scaling.round_consensus",
        "Over a round, different data part workers by η²(H − 1)²·Σ(6.3 LΔ + 3.15 σ_dif²) at most, not like H − 1",
        "derived",
    ),
    Entry(
        "derived/scaling-sees-no-rotation",
        "derived.scaling.rounds_to_accuracy",
        "Control: turn the same data until all diagonal entries of the Hessian agree, and no scaling saves rounds",
        "conjectured",
        name="CLAIM_TURNED",
    ),
    Entry(
        "derived/scaling-theorem-1",
        "derived.scaling.theorem_identical",
        "Scaled Local SGD on identical data stays below T1: a contraction, a noise floor ~ η/M, and η²(H − 1)",
        "derived",
    ),
    Entry(
        "derived/scaling-theorem-2",
        "derived.scaling.theorem_identical",
        "Without strong convexity the averaged model of scaled Local SGD on identical data stays below T2",
        "derived",
        name="CLAIM_CONVEX",
    ),
    Entry(
        "derived/scaling-theorem-3",
        "derived.scaling.theorem_heterogeneous",
        "Without strong convexity the averaged model of scaled Local SGD on heterogeneous data stays below T3",
        "derived",
        name="CLAIM_CONVEX",
    ),
    Entry(
        "derived/scaling-theorem-4",
        "derived.scaling.theorem_heterogeneous",
        "Scaled Local SGD on heterogeneous data stays below T4: noise at x* over M, and η²(H − 1)² σ_dif²",
        "derived",
    ),
    Entry(
        "derived/shared-batch",
        "derived.valley.shared_batch",
        "Workers that share their batch never disagree, and gain nothing over SGD",
        "derived",
    ),
    Entry(
        "derived/slow-sde-label-noise",
        "derived.slow_sde.label_noise",
        "Under label noise the drift is the steepest descent of tr(∇²L + (M − 1)F(2α∇²L)/(2α)) along Γ",
        "derived",
    ),
    Entry(
        "derived/slow-sde-limits",
        "derived.slow_sde.limits",
        "Local SGD is SGD for one worker or short rounds; endless rounds give M times the drift, the same diffusion",
        "derived",
    ),
    Entry(
        "derived/slow-sde-master-formula",
        "derived.slow_sde.master_formula",
        "An invariant q of the gradient flow drifts by ⟨∇²q, Σ + (M − 1)Ψ⟩/(2B): one Hessian, no Φ",
        "derived",
    ),
    Entry(
        "derived/slow-sde-projections",
        "derived.slow_sde.projections",
        "Φ in closed form is where the gradient flow ends, and its derivative on Γ is the tangent projector",
        "derived",
    ),
    Entry(
        "derived/slow-sde-second-derivative",
        "derived.slow_sde.second_derivative",
        "½∂²Φ[Σ] is the bend of Γ in Σ_∥ and the slope of the curvature in Σ̂: the drifts of the slow SDE",
        "derived",
    ),
    Entry(
        "derived/slow-sde-special-functions",
        "derived.slow_sde.special_functions",
        "ψ, its integrals F and J, and its discrete form ψ_d are computed to eleven digits",
        "derived",
    ),
    Entry(
        "derived/small-batch",
        "derived.valley.small_batch",
        "A batch M times smaller gives SGD M times the drift along the minima, and M times the variance",
        "derived",
    ),
    Entry(
        "derived/sphere-unchanged",
        "derived.curved_minima.sphere",
        "On a sphere with isotropic noise local steps change nothing: E ζ(t) = ζ₀ exp(−(D − 1)t/2B) for all M and α",
        "derived",
    ),
    Entry(
        "derived/square-of-mean-floor",
        "derived.scaling.noise_floor",
        "Squaring the mean of the workers' gradients halves the exponent: the noise floor falls like 1/√M",
        "derived",
        name="SQUARE_OF_MEAN",
    ),
    Entry(
        "derived/stationary-ring",
        "derived.curved_minima.stationary_ring",
        "On a ring Local SGD gathers where it is flat: exp(−κ(ln h + (M − 1)J(2αh))), SGD has exp(−κ ln h)",
        "derived",
    ),
    Entry(
        "derived/stationary-valley",
        "derived.curved_minima.stationary_valley",
        "In the valley h = 1 + x² Local SGD settles on exp(−κ(ln h + (M − 1)J(2αh))), SGD on exp(−κ ln h)",
        "derived",
    ),
    Entry(
        "derived/straight-valley",
        "derived.valley.mixed_noise",
        "In a straight valley noise correlated across and along it causes no drift: that takes a curved Γ",
        "derived",
    ),
    Entry(
        "derived/sweeping-limit",
        "derived.many_local_steps.sweeping_limit",
        "At a fixed round, many local steps sweep: w/log(ηH) tends to the averaged sweeping process",
        "derived",
    ),
    Entry(
        "derived/twisted-valley-pair",
        "derived.curved_minima.twisted_valley",
        "Two unequal modes together gain 1 + (M − 1)ψ(α(λ₁ + λ₂)), no average of what each would gain",
        "derived",
    ),
    Entry(
        "derived/uv-label-noise",
        "derived.label_noise.factorisation",
        "Label noise balances the factors of uv = y: SGD at the rate δ²/B, Local SGD up to M times as fast",
        "derived",
    ),
    Entry(
        "derived/uv-martingale",
        "derived.label_noise.martingale",
        "Isotropic noise does not balance the factors of uv = y: D is a martingale for SGD, its variance 4 ∫ E S/B",
        "derived",
    ),
    Entry(
        "derived/worst-case-bound",
        "derived.scaling.worst_case_bound",
        "No function of the class exceeds T4, and the worst of them shows how loose it is",
        "derived",
    ),
    Entry(
        "derived/worst-case-coefficients",
        "derived.scaling.worst_case_coefficients",
        "The one-step lemmas hold with ½ for L2's 2 and ⅔ for L4's 5/4, at larger steps; with less they are false",
        "derived",
    ),
    Entry(
        "derived/worst-case-consensus",
        "derived.scaling.worst_case_consensus",
        "Workers that share a convex f never step apart for η ≤ 2/L, whatever f is; at 2.2/L they can, by 1.44",
        "derived",
    ),
    Entry(
        "derived/worst-case-heterogeneity",
        "derived.scaling.worst_case_heterogeneity",
        "Heterogeneity costs Local GD a concave excess: at least ζ²V(0, 1), and less than proportional to ζ²",
        "derived",
    ),
    Entry(
        "derived/worst-case-local-gd",
        "derived.scaling.worst_case",
        "Without heterogeneity the worst function costs Local GD max(|1 − ημ|, |1 − ηL|)²ᵀ, however T is split",
        "derived",
    ),
    Entry(
        "derived/worst-case-one-step",
        "derived.scaling.worst_case_one_step",
        "No function of the class breaks the one-step lemmas L2 and L4; without the disagreement V some do",
        "derived",
    ),
    Entry(
        "dhawan2024/fisher-merge",
        "dhawan2024.fisher_merge",
        "Merging by Fisher information is exact on quadratics, by its diagonal only for diagonal curvature",
        "derived",
    ),
    Entry(
        "douillard2023/best-momentum",
        "douillard2023.best_momentum",
        "The best outer momentum falls as the number of inner steps grows",
        "derived",
    ),
    Entry(
        "douillard2023/buffer-reset",
        "douillard2023.buffer_reset",
        "Outer momentum whose buffer is reset in every round is no momentum, but the rate l(1 + b)",
        "derived",
    ),
    Entry(
        "douillard2023/outer-rate",
        "douillard2023.outer_rate",
        "Outer Nesterov momentum multiplies every mode by a two-by-two companion matrix per round",
        "derived",
    ),
    Entry(
        "evron2023/sequential-projections",
        "evron2023.sequential_projections",
        "Weak regularisation projects from task to task, and need not end at the max margin",
        "second-hand",
    ),
    Entry(
        "gu2023/closeness",
        "gu2023.closeness",
        "Over a slow horizon the largest distance of θ̄ to Γ falls with η like √(η log(1/η))",
        "recalled",
    ),
    Entry(
        "gu2023/diffusion-not-amplified",
        "gu2023.diffusion",
        "Local steps amplify the drift, not the diffusion: the angle's variance grows by σ_T²/B for every M and α",
        "recalled",
    ),
    Entry(
        "gu2023/drift-ratio",
        "gu2023.drift_ratio",
        "In a valley Local SGD drifts 1 + (M − 1)ψ(2αh) times as fast as SGD",
        "recalled",
    ),
    Entry(
        "gu2023/first-phase",
        "gu2023.first_phase",
        "The first phase takes log(2λB/η)/(2λα) rounds: a quarter of η costs a few rounds, not four times as many",
        "derived",
    ),
    Entry(
        "gu2023/gain-grows-with-local-steps",
        "gu2023.local_steps_gain",
        "The loss of sharpness grows with the local steps H and saturates at the M-fold drift, along 1 + (M − 1)ψ",
        "derived",
    ),
    Entry(
        "gu2023/giant-step",
        "gu2023.giant_step",
        "Over ⌊1/(αη^β)⌋ rounds Φ moves by the slow drift, and its covariance grows like Σ_∥/B",
        "recalled",
    ),
    Entry(
        "gu2023/held-out-error",
        "gu2023.held_out_error",
        "On a sparse truth the held-out error falls with QSR before Local SGD before SGD, as the slow ODE predicts",
        "derived",
    ),
    Entry(
        "gu2023/held-out-error-dense",
        "gu2023.held_out_error",
        "Control: on a dense truth with the same labels the same motion costs held-out error, and most for QSR",
        "derived",
        name="CLAIM_DENSE",
    ),
    Entry(
        "gu2023/local-steps-like-one-over-eta",
        "gu2023.local_steps_gain",
        "No gain if ηH ≪ 1/λ: at fixed H the gain vanishes with η, at fixed ηH it stays",
        "derived",
        name="CLAIM_FIXED",
    ),
    Entry(
        "gu2023/long-rounds",
        "gu2023.long_rounds",
        "Long rounds give Local SGD almost M times the drift of SGD, and the same diffusion",
        "recalled",
    ),
    Entry(
        "gu2023/long-training",
        "gu2023.long_training",
        "The gain takes η^{−2} steps: after 2/η steps Local SGD and SGD have the same limit",
        "derived",
    ),
    Entry(
        "gu2023/more-workers",
        "gu2023.more_workers",
        "More workers: the drift is (1 + (M − 1)ψ)/B, so that Local SGD keeps at fixed B/M what SGD loses",
        "derived",
    ),
    Entry(
        "gu2023/removing-either",
        "gu2023.removing_either",
        "Local SGD gains with a small lr, a long training and ηH of order 1/λ; take one away and the gain is gone",
        "stated",
    ),
    Entry(
        "gu2023/short-rounds",
        "gu2023.short_rounds",
        "As ηH → 0 Local SGD loses its gain over SGD, linearly: the ratio is 1 + (M − 1)hα",
        "recalled",
    ),
    Entry(
        "gu2023/slow-horizon",
        "gu2023.slow_horizon",
        "The slow horizon is η^{−2}: after T/η² steps models have moved to a limit, after T/η^{3/2} hardly",
        "recalled",
    ),
    Entry(
        "gu2023/too-long-rounds",
        "gu2023.too_long_rounds",
        "If ηMα is not small the average leaves Γ: on the circle E|θ̄|² = 1/M + (1 − 1/M)exp(−s), s = ηMασ²/B",
        "derived",
    ),
    Entry(
        "gu2023/weak-approximation",
        "gu2023.weak_approximation",
        "Over a whole slow horizon E g(Φ(θ̄_r)) follows the slow SDE, on a ring with all kinds of noise",
        "recalled",
    ),
    Entry(
        "gu2023/weak-error",
        "gu2023.weak_error",
        "The weak error of the slow SDE on a valley is e₁η + e₂η², of first order; the theorem bounds it by η^¼",
        "recalled",
    ),
    Entry(
        "gu2023/worker-scan",
        "gu2023.worker_scan",
        "At a fixed total batch the drift of Local SGD grows like 1 + (M − 1)ψ with the number of workers",
        "recalled",
    ),
    Entry(
        "gu2024/decaying-rate",
        "gu2024.decaying_rate",
        "As η decays a constant H loses the gain, α = ηH → 0; QSR keeps the M-fold drift to the end",
        "derived",
    ),
    Entry(
        "gu2024/qsr-error",
        "gu2024.qsr_error",
        "QSR follows the M-fold limit with an error in α_Q², of known coefficient: −0.0341 in the standard valley",
        "derived",
    ),
    Entry(
        "gu2024/scheduler-replay",
        "gu2024.scheduler_replay",
        "QSR takes the rounds of the released rule, to the integer: 10.4 % of those of parallel SGD for ViT-B",
        "derived",
    ),
    Entry(
        "ji2019/direction",
        "ji2019.direction",
        "On mixed data gradient descent tends to v̄ on U and turns to ū across it",
        "stated",
    ),
    Entry(
        "ji2019/loss-bound",
        "ji2019.loss_bound",
        "Separable or not: f(w_t) − inf f ≤ e^{|v̄|}/t + (|v̄|² + ln²t/γ_⊥²)/(2 Σ η_j)",
        "stated",
    ),
    Entry(
        "ji2019/loss-limit",
        "ji2019.loss_limit",
        "On mixed data ηt(f(w_t) − inf f) tends to 1/γ_⊥², the margin across U",
        "derived",
    ),
    Entry(
        "ji2021/margin-bound",
        "ji2021.margin_bound",
        "Normalised steps bring the margin gap below (ln n + 1)/(γΣe): like 1/t, not 1/log t",
        "stated",
    ),
    Entry(
        "ji2021/offset-lower-bound",
        "ji2021.offset_lower_bound",
        "w can end ln n − ln 2 away from the ray of ŵ, so no bound on the offset is free of n",
        "stated",
    ),
    Entry(
        "ju2024/exact-fits",
        "ju2024.one_round",
        "Exact fits on fresh data: E|Δ⁺|² in closed form, with noise of order n/(M(p − n − 1))",
        "derived",
        name="CLAIM_EXACT",
    ),
    Entry(
        "ju2024/fresh-steps",
        "ju2024.one_round",
        "H steps with a fresh batch each: E|Δ⁺|² in closed form; one batch for all steps is another law",
        "derived",
        name="CLAIM_STEPS",
    ),
    Entry(
        "ju2024/one-step",
        "ju2024.one_round",
        "One step on fresh data: E|Δ⁺|² in closed form, with the fourth moment (n + p + 1)/n",
        "derived",
        name="CLAIM_STEP",
    ),
    Entry(
        "ju2024/stationary-error",
        "ju2024.stationary_error",
        "On fresh data the mean error settles at the constant terms over 1 − coefficient of |Δ|²",
        "derived",
    ),
    Entry(
        "jung2025/sequential-limit",
        "jung2025.sequential_limit",
        "Workers in turn lead to the joint max margin: Local GD with M times its step, whatever the order",
        "second-hand",
    ),
    Entry(
        "karimireddy2020/late-gradient",
        "karimireddy2020.late_gradient",
        "With long rounds SCAFFOLD's option I diverges once Σ p_m A_m⁻¹·Σ p_m A_m has an eigenvalue above 2",
        "derived",
    ),
    Entry(
        "karimireddy2020/limit",
        "karimireddy2020.limit",
        "SCAFFOLD rests at x* = argmin Σ p_m f_m exactly, with c_m = ∇f_m(x*), for unequal H_m and both options",
        "derived",
    ),
    Entry(
        "karimireddy2020/long-rounds",
        "karimireddy2020.long_rounds",
        "Long rounds slow SCAFFOLD: with option II its rate is 1 − θ/(ηH), with option I that of a late gradient",
        "derived",
    ),
    Entry(
        "karimireddy2020/nothing-to-correct",
        "karimireddy2020.without_need",
        "SCAFFOLD with one local step is gradient descent on Σ p_m f_m, and on equal workers it is FedAvg",
        "derived",
    ),
    Entry(
        "karimireddy2020/path",
        "karimireddy2020.path",
        "SCAFFOLD on quadratics, round by round: controls are divided by the worker's own ηH_m, or it diverges",
        "derived",
    ),
    Entry(
        "karimireddy2020/rate",
        "karimireddy2020.rate",
        "The rate of SCAFFOLD is the spectral radius of its round on (x, c_1, …, c_M)",
        "derived",
    ),
    Entry(
        "kloeden1992/weak-orders",
        "kloeden1992.weak_orders",
        "Weak Euler has order 1 and Platen's schemes order 2, with increments of two and three points",
        "recalled",
    ),
    Entry(
        "li2017/slow-horizon",
        "li2017.slow_horizon",
        "The conventional SDE, the same for Local SGD and SGD, holds up to the slow horizon",
        "derived",
        "REFUTED",
    ),
    Entry(
        "li2017/sme-orders",
        "li2017.sme_orders",
        "The modified equation of SGD has weak order 1, and 2 with the correction η|∇L|²/4",
        "recalled",
    ),
    Entry(
        "li2019/stationary-variance",
        "li2019.stationary_variance",
        "On a quadratic the second-order equation has the better mean but the worse stationary variance",
        "derived",
    ),
    Entry(
        "li2020/fixed-point",
        "li2020.fixed_point",
        "FedProx with exact solves rests at the mean of the b_m with weights p_m A_m(A_m + ρI)⁻¹, not at x*",
        "derived",
    ),
    Entry(
        "li2020/path",
        "li2020.path",
        "FedProx by gradient steps on quadratics is an affine recursion: every round of the run lies on it",
        "derived",
    ),
    Entry(
        "li2020/pull",
        "li2020.pull",
        "FedProx with exact solves tends to x* like 1/ρ as ρ → ∞, and to the mean of the b_m like ρ as ρ → 0",
        "derived",
    ),
    Entry(
        "lieder2021/halpern-bound",
        "lieder2021.halpern_bound",
        "Anchored iterations have residual at most 2|u⁰ − u*|/(r + 1), and T = −I attains it",
        "stated",
    ),
    Entry(
        "mcmahan2017/bias-order",
        "mcmahan2017.bias_order",
        "The bias of FedAvg is of first order in η and in H − 1, with coefficient ½A⁻¹ Σ p_m A_m∇f_m(x*)",
        "derived",
    ),
    Entry(
        "mcmahan2017/fixed-point",
        "mcmahan2017.fixed_point",
        "FedAvg rests at the mean of the b_m with matrix weights p_m W_m, not at x*, for every server rate",
        "derived",
    ),
    Entry(
        "mcmahan2017/no-bias",
        "mcmahan2017.no_bias",
        "FedAvg rests exactly at x* if workers share A_m and H_m, or their minimisers, or take one step",
        "derived",
    ),
    Entry(
        "mcmahan2017/one-step",
        "mcmahan2017.one_step",
        "With one local step FedAvg is gradient descent on all samples, however they are dealt to the workers",
        "recalled",
    ),
    Entry(
        "mcmahan2017/path",
        "mcmahan2017.path",
        "On quadratics FedAvg is x ← x − η_g Σ p_m W_m(x − b_m): every round of the run lies on it",
        "derived",
    ),
    Entry(
        "mcmahan2017/rate",
        "mcmahan2017.rate",
        "The error of FedAvg shrinks per round by the spectral radius of I − η_g Σ p_m W_m",
        "derived",
    ),
    Entry(
        "nacson2019/normalised-gd",
        "nacson2019.normalised_gd",
        "With η = e/(√(t+1) f) the margin gap falls at least like log t/√t",
        "second-hand",
    ),
    Entry(
        "qian2019/adagrad-direction",
        "qian2019.adagrad_direction",
        "AdaGrad finds the max margin in the norm √(wᵀDw) of the D it ends with",
        "stated",
    ),
    Entry(
        "soudry2018/cosine-expansion",
        "soudry2018.cosine_expansion",
        "1 − cos(w(t), ŵ) = |ρ|²(1 − cos²(ρ, ŵ))/(2|ŵ|² log²t) up to O(1/log³t)",
        "derived",
    ),
    Entry(
        "soudry2018/cosine-expansion-printed",
        "soudry2018.cosine_expansion",
        "A misprint as we read it: cos = 1 + (2|ρ|²/|ŵ|²)(cos²(ρ, ŵ) − 1/4)/log²t can exceed 1",
        "stated",
        "REFUTED",
        name="CLAIM_PRINTED",
    ),
    Entry(
        "soudry2018/cosine-series",
        "soudry2018.cosine_series",
        "(1 + x)^(−1/2) has the coefficient 3/8, which turns the printed cosine into the right one",
        "derived",
    ),
    Entry(
        "soudry2018/degenerate-curve",
        "soudry2018.degenerate_curve",
        "On (1, 0), (1, 1) the flow keeps exp(w₂) + w₂ = w₁ + 1, so w₂ grows like log log t to round 10^434294",
        "derived",
    ),
    Entry(
        "soudry2018/degenerate-rate",
        "soudry2018.degenerate_rate",
        "With a zero multiplier the chord falls like log τ/τ, τ = log t: slower than on almost all data",
        "derived",
    ),
    Entry(
        "soudry2018/figure-1-rate",
        "soudry2018.slow_direction",
        "On the support vectors of Figure 1 the direction converges like t^(−1/4)/log t, not 1/log t",
        "derived",
    ),
    Entry(
        "soudry2018/margin-gap",
        "soudry2018.margin_gap",
        "The margin gap times log t tends to (w̃·ŵ/|ŵ|² − min_S x_i·w̃)/|ŵ|, seen at t = 10^434294",
        "derived",
    ),
    Entry(
        "soudry2018/margin-gap-rate",
        "soudry2018.margin_gap",
        "Over four decades of log t the margin gap falls like (log t)⁻¹, no faster and no slower",
        "derived",
        name="CLAIM_RATE",
    ),
    Entry(
        "soudry2018/momentum-limit",
        "soudry2018.momentum_limit",
        "Momentum changes neither direction nor rate: it is gradient descent with step η/(1 − β)",
        "derived",
    ),
    Entry(
        "soudry2018/residual-limit",
        "soudry2018.residual_limit",
        "w(t) − ŵ log t converges to w̃; the loss constant 1/(γ²ηt) follows",
        "stated",
    ),
    Entry(
        "soudry2018/tightness-example",
        "soudry2018.tightness_example",
        "On one sample the flow is log(t + exp w₁(0)) exactly, so the rate 1/log t is attained",
        "stated",
    ),
    Entry(
        "soudry2018/validation-loss",
        "soudry2018.validation_loss",
        "The validation loss grows like Σ |x·ŵ| log t, summed over the misclassified points",
        "stated",
    ),
    Entry(
        "tao2024/excess",
        "tao2024.excess",
        "One-shot merging is exact iff curvature and optimum are uncorrelated over tasks",
        "derived",
    ),
    Entry(
        "tao2024/one-round",
        "tao2024.one_round",
        "Task arithmetic is one round of FedAvg with server rate λM",
        "stated",
    ),
    Entry(
        "wang2020/fixed-point",
        "wang2020.fixed_point",
        "FedNova is FedAvg with τW_m/H_m for W_m, round by round, and rests at one point for every τ",
        "derived",
    ),
    Entry(
        "wang2020/nova-order",
        "wang2020.orders",
        "FedNova with unequal H_m tends to x* as η → 0, to first order in η: at finite η it is not exact",
        "derived",
        name="NORMALISED",
    ),
    Entry(
        "wang2020/objective",
        "wang2020.orders",
        "As η → 0 FedAvg with unequal H_m minimises Σ p_m H_m f_m, not Σ p_m f_m",
        "derived",
        name="AVERAGED",
    ),
    Entry(
        "wang2021/rmsprop-direction",
        "wang2021.rmsprop_direction",
        "RMSProp with ε inside or outside the root has the direction of gradient descent; AdaGrad has not",
        "stated",
    ),
    Entry(
        "wang2022/average-drift",
        "wang2022.average_drift",
        "On quadratics the average drift at x* is |Σ p_m W_m(x* − b_m)|/(ηH), for short rounds and long ones",
        "derived",
    ),
    Entry(
        "wang2022/equal-hessians",
        "wang2022.equal_hessians",
        "With equal Hessians the average drift at x* is 0 for any dissimilarity of the gradients",
        "derived",
    ),
    Entry(
        "wang2022/short-rounds",
        "wang2022.short_rounds",
        "For short rounds the average drift is η(H − 1)/2 |Σ p_m A_m∇f_m(x*)|: Hessians and gradients correlate",
        "derived",
    ),
    Entry(
        "wang2024/progressive-rescaling",
        "wang2024.progressive_rescaling",
        "Rescaled progressively, normalised steps close the margin gap exponentially: like 1/R",
        "second-hand",
    ),
    Entry(
        "wang2024momentum/same-limit",
        "wang2024momentum.same_limit",
        "SGD with momentum and γ = η(1 − β) drifts to the limit of SGD with η; at β = 0.9 η must be small to see it",
        "recalled",
    ),
    Entry(
        "wu2024/accelerated-loss",
        "wu2024.accelerated_loss",
        "With η = γ²T/120 the loss after T steps is at most 480 ln²(γ⁴T²)/(γ⁴T²)",
        "stated",
    ),
    Entry(
        "wu2024/exponential-overflow",
        "wu2024.exponential_overflow",
        "With a large step the exponential loss overflows where the logistic loss converges",
        "stated",
    ),
    Entry(
        "wu2024/mean-loss",
        "wu2024.mean_loss",
        "For any step η the mean loss is at most (1 + ln²(γ²ηt) + η²/4)/(γ²ηt)",
        "stated",
    ),
    Entry(
        "wu2024/monotone-loss",
        "wu2024.monotone_loss",
        "Steps that never raise the loss cannot beat 1/t",
        "stated",
    ),
    Entry(
        "wu2024/phase-length",
        "wu2024.phase_length",
        "The unstable phase ends by step (60/γ²) max{η, n, e, ((η+n)/η) ln((η+n)/η)}",
        "stated",
    ),
    Entry(
        "wu2024/stable-phase",
        "wu2024.stable_phase",
        "From f(w_s) ≤ 1/η on the loss falls at every step, and like ln²t/(γ²ηt)",
        "stated",
    ),
    Entry(
        "zhang2024adam/margin-rate",
        "zhang2024adam.margin",
        "The ℓ∞ margin gap of Adam falls at least like t^(−min(1 − a, a/2)) for learning rates t^(−a), a < 1",
        "recalled",
        name="CLAIM_RATE",
    ),
    Entry(
        "zhang2024adam/max-margin",
        "zhang2024adam.margin",
        "Full-batch Adam without a floor finds the ℓ∞ max margin, with and without momentum",
        "stated",
    ),
    Entry(
        "zhu2024/anchored-projections",
        "zhu2024.anchored_projections",
        "Anchored projections converge to the max margin, observed like 1/r; from another anchor to P_C(u⁰)",
        "second-hand",
    ),
    Entry(
        "zhu2024/control-iris",
        "zhu2024.direction_real_data",
        "Control: iris 1 and 2 are not separable, and the check says so before it runs",
        "second-hand",
        "NOT_APPLICABLE",
        name="CONTROL",
    ),
    Entry(
        "zhu2024/direction-at-infinity",
        "zhu2024.direction_at_infinity",
        "The direction error is C/(log(ηHr) + a) out to round 10^434294, C known to ten digits",
        "derived",
    ),
    Entry(
        "zhu2024/direction-limit",
        "zhu2024.direction_limit",
        "Local GD turns towards the global max-margin separator, like 1/log(ηHr)",
        "second-hand",
    ),
    Entry(
        "zhu2024/direction-real-data",
        "zhu2024.direction_real_data",
        "Real data: continued in log-time, Local GD turns to the global max margin like 1/log(ηHr)",
        "second-hand",
    ),
    Entry(
        "zhu2024/learning-rate-independence",
        "zhu2024.learning_rate_independence",
        "One learning rate serves H = 1, 10, 100 and 1000: plain Local GD with logistic loss keeps its limit",
        "derived",
    ),
    Entry(
        "zhu2024/local-sgd-same-limit",
        "zhu2024.local_sgd_limit",
        "Local SGD with mini-batches settles on the very limit of Local GD",
        "second-hand",
    ),
    Entry(
        "zhu2024/loss-limit",
        "zhu2024.loss_limit",
        "ηHr times the loss tends to 1/γ², for the exponential and the logistic loss",
        "derived",
    ),
    Entry(
        "zhu2024/loss-rate-reading",
        "zhu2024.loss_rate_reading",
        "A reading: under η = O(1/H) the loss is at most K/(Hr), with K the same for every H",
        "second-hand",
        "REFUTED",
    ),
    Entry(
        "zhu2024/many-local-steps",
        "zhu2024.many_local_steps",
        "Many local steps reach the feasible set of the separators, not the max margin",
        "second-hand",
    ),
    Entry(
        "zhu2024/many-local-steps-max-margin",
        "zhu2024.many_local_steps",
        "As we read it, any number of local steps gives the max margin: not in the limit of many",
        "second-hand",
        "REFUTED",
        name="CLAIM_MAX_MARGIN",
    ),
    Entry(
        "zhu2024/non-separable-reading",
        "zhu2024.non_separable",
        "A reading that fails: without separability Local GD finds the minimiser on U for every H",
        "second-hand",
        "REFUTED",
    ),
    Entry(
        "zhu2024/regression-minimum-norm",
        "zhu2024.regression_minimum_norm",
        "For overparameterised regression Local GD from 0 ends at the minimum-norm solution",
        "second-hand",
    ),
    Entry(
        "zhu2024/residual-limit",
        "zhu2024.residual_limit",
        "w − ŵ log(ηHr) converges, to a limit that depends neither on η nor on H",
        "derived",
    ),
)


def select(patterns: Sequence[str] = ()) -> list[Entry | Guest]:
    """Return the entries whose key is, or starts with, one of the patterns; all of ours for none.

    Raises
    ------
    BadInput
        For a pattern that matches nothing; names the nearest keys.
    """
    known = [*ENTRIES, *_guests(patterns)]
    if not patterns:
        return known
    for pattern in patterns:
        if not any(_matches(entry, pattern) for entry in known):
            raise BadInput(_unknown(pattern, known))
    return [entry for entry in known if any(_matches(entry, p) for p in patterns)]


def find(key: str) -> "Claim":
    """Return the claim of this key.

    Raises
    ------
    BadInput
        If there is none.
    """
    known = [*ENTRIES, *_guests([key])]
    for entry in known:
        if entry.key == key:
            return entry.load()
    raise BadInput(_unknown(key, known))


def _guests(patterns: Sequence[str]) -> list[Guest]:
    """Return the claims outside that patterns name; a paper of ours is ours, whatever lies in the folder."""
    papers = dict.fromkeys(pattern.partition("/")[0] for pattern in patterns)
    own = {entry.paper for entry in ENTRIES}
    return [guest for paper in papers if paper not in own for guest in guests(paper)]


def _matches(entry: Entry | Guest, pattern: str) -> bool:
    return entry.key == pattern or entry.key.startswith(pattern.rstrip("/") + "/")


def _unknown(key: str, known: Sequence[Entry | Guest]) -> str:
    near = difflib.get_close_matches(key, [e.key for e in known], n=3, cutoff=0.4)
    meant = f"did you mean {' or '.join(near)}" if near else "a key reads paper/name"
    return f"claim {key!r} is unknown: {meant}; `paper-repro list` shows all"
