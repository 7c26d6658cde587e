"""Local steps on margins: every worker moves the margins of its own samples by its own Gram block."""

from implicitbias.engine.kernels.compiled import fast, inlined
from implicitbias.engine.kernels.exponential_kernel import add_slopes, slope
from implicitbias.engine.kernels.matrix_kernel import add_quads, add_row


@fast
def step_on_margins(
    blocks, targets, starts, padded, shares, rule, steps, rates, r, drawn, z, zv, c, cv, g, local_weights
):
    """Take every worker's local steps."""
    shared, row = rates.shape[0] == 1, (r if rates.shape[1] > 1 else 0)
    for m in range(len(steps)):
        first, size, width = starts[m], starts[m + 1] - starts[m], padded[m]
        lane = 0 if shared else m
        if rule.batch == 0 and not rule.heavy and rule.l2 == 0.0:
            # The loop of every record run: without the switches of the one below.
            for h in range(steps[m]):
                lr = rates[lane, row, h]
                add_slopes(z, m, targets, first, width, lr, shares, rule.loss, rule.power, g, c)
                if h < steps[m] - 1:
                    add_quads(blocks, first, (size + 3) // 4, g, m, width, z, m)
            continue
        for h in range(steps[m]):
            lr, last = rates[lane, row, h], h == steps[m] - 1
            decay = lr * rule.l2
            if rule.heavy:
                _push_heavily(
                    blocks,
                    targets,
                    rule,
                    first,
                    size,
                    width,
                    lr,
                    shares,
                    decay,
                    drawn,
                    m,
                    h,
                    last,
                    z,
                    zv,
                    c,
                    cv,
                    g,
                )
            else:
                _push_plainly(
                    blocks, targets, rule, first, size, width, lr, shares, decay, drawn, m, h, last, z, c, g
                )
            _carry(rule, decay, m, local_weights)


@inlined
def _push_plainly(blocks, targets, rule, first, size, width, lr, shares, decay, drawn, m, h, last, z, c, g):
    """Step as c ← (1 − ηλ)c + g, and the margins alike."""
    if decay != 0.0:
        for i in range(width):
            c[m, i] *= 1.0 - decay
    _weigh(targets, rule, first, width, lr, shares, drawn, m, h, z, c, g)
    if decay != 0.0:
        for i in range(width):
            z[m, i] *= 1.0 - decay
    if not last:
        _push(blocks, rule.batch, first, size, width, drawn, m, h, g, z)


@inlined
def _push_heavily(
    blocks, targets, rule, first, size, width, lr, shares, decay, drawn, m, h, last, z, zv, c, cv, g
):
    """Step as v ← βv − ηλw + g, w ← w + v, on coefficients and margins."""
    for i in range(width):
        cv[m, i] = rule.beta * cv[m, i] - decay * c[m, i]
    _weigh(targets, rule, first, width, lr, shares, drawn, m, h, z, cv, g)
    for i in range(width):
        c[m, i] += cv[m, i]
        zv[m, i] = rule.beta * zv[m, i] - decay * z[m, i]
    if not last:
        _push(blocks, rule.batch, first, size, width, drawn, m, h, g, zv)
    for i in range(width):
        z[m, i] += zv[m, i]


@inlined
def _carry(rule, decay, m, local_weights):
    """Take the same step, without the data's part, on the worker's weights of (w, v)."""
    ww, wv = local_weights[m, 0], local_weights[m, 1]
    if rule.heavy:
        vw = rule.beta * local_weights[m, 2] - decay * ww
        vv = rule.beta * local_weights[m, 3] - decay * wv
        local_weights[m, 0], local_weights[m, 1] = ww + vw, wv + vv
        local_weights[m, 2], local_weights[m, 3] = vw, vv
    else:
        local_weights[m, 0] = (1.0 - decay) * ww


@inlined
def _weigh(targets, rule, first, width, lr, shares, drawn, m, h, z, c, g):
    """Write η/n_m times the slopes of the worker's samples, or η/B times those of its draws; add them to c."""
    if rule.batch == 0:
        add_slopes(z, m, targets, first, width, lr, shares, rule.loss, rule.power, g, c)
        return
    for b in range(rule.batch):
        i = drawn[m, h * rule.batch + b]
        g[m, b] = lr / rule.batch * slope(z[m, i], targets[first + i], rule.loss, rule.power)
        c[m, i] += g[m, b]


@inlined
def _push(blocks, batch, first, size, width, drawn, m, h, g, z):
    """Move margins by the Gram block."""
    if batch == 0:
        # Slopes beyond the worker's samples are 0, so that whole quads may reach into the next worker's rows.
        add_quads(blocks, first, (size + 3) // 4, g, m, width, z, m)
        return
    for b in range(batch):
        add_row(blocks, first + drawn[m, h * batch + b], g[m, b], width, z, m)
