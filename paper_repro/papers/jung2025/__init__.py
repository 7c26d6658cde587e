r"""Jung, Cho, Yun: gradient descent on continual linear classification (ICLR 2025, arXiv 2504.12712).

| paper | here | code |
|---|---|---|
| task m of M, jointly separable | worker m | ``local_signed[m]`` |
| cyclic tasks, K steps each, unregularised | H steps on every worker in turn | ``Sequential`` |
| cycle J | round r | ``Trace.rounds`` |
| total loss of the tasks | M·f, f the mean over workers | ``Trace.loss`` times M |
| joint (offline) max margin | ŵ | ``MaxMargin.weights`` |

We know the statements through public abstracts; ``source="second-hand"`` marks them.
"""
