"""Wang, Meng, Chen, Liu: the implicit bias of adaptive methods on homogeneous networks (ICML 2021, 2012.06244).

| paper | here | code |
|---|---|---|
| ε inside or outside the root | floor of D̂ = √(D² + ε) or |D| + ε | ``flooring="inside"``, ``"plus"`` |
| RMSProp, exponential moving average | squared rule | ``RMSProp()`` |
| conditioner h(t) → h_∞ | D̂^{−1} → d_min^{−1}I | – |

Known to us by its abstract: RMSProp (and Adam without momentum) tend to the direction of gradient descent, AdaGrad
to one that depends on its conditioner. A linear model is a homogeneous network of one layer.
"""
