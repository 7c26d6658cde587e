"""What we can show of the figures of gu2023. Numbers are those that the README of the authors' code names."""

from paper_repro.claims.exhibit import Exhibit, Reach, rest, UNNUMBERED


FIGURES = (
    Exhibit(
        "Post-local SGD on CIFAR-10: test accuracy of Local SGD against that of SGD, from one model",
        Reach.ANALOGUE,
        "Theirs is a ResNet-56 with 32 workers of batch 128, learning rate 0.32, H = 600, from epoch 250 on, "
        "which needs GPUs. Ours is a diagonal network whose slow SDE is exact, from one start near the minima. No "
        "accuracy of theirs is known to us.",
        place="Figure 1(a)",
        known="the README of the authors' code, and its script `run-post-local.sh`",
        figures=("held-out",),
        claims=(
            "gu2023/held-out-error",
            "gu2023/held-out-error-dense",
        ),
    ),
    Exhibit(
        "Post-local SGD on ImageNet",
        Reach.NEEDS_GPU,
        "A ResNet-50 with 256 workers of batch 32, learning rate 0.16, H = 26, from epoch 100 on. Nothing here "
        "stands in for it.",
        place=UNNUMBERED,
        known="the README of the authors' code, and its script `run.sh`",
    ),
    Exhibit(
        "Experiments on reducing the diffusion term",
        Reach.ANALOGUE,
        "They start from another checkpoint of the same network; what is varied and drawn we have not seen. Here "
        "the drift grows with the workers while the diffusion does not.",
        place="Figure 3(a)",
        known="the README of the authors' code",
        claims=(
            "gu2023/diffusion-not-amplified",
            "gu2023/more-workers",
        ),
    ),
    Exhibit(
        "Label noise on CIFAR-10: Local SGD with many local steps, on two networks",
        Reach.ANALOGUE,
        "A ResNet-56 with group normalisation and a VGG-16, labels flipped with probability 0.1, H = 384, which "
        "needs GPUs. Ours are landscapes with label noise, on which the loss of sharpness is known.",
        place="Figure 7",
        known=(
            "the README of the authors' code, and its scripts `run-resnet-label-noise.sh`, `run-vgg-label-noise.sh`"
        ),
        figures=("sharpness",),
        claims=(
            "gu2023/gain-grows-with-local-steps",
            "derived/slow-sde-label-noise",
            "derived/diagonal-network",
        ),
    ),
    Exhibit(
        "When Local SGD gains: a small learning rate, a long training, enough local steps",
        Reach.ANALOGUE,
        "The main finding of the abstract, on a diagonal network of ours with an exact slow SDE.",
        figures=(
            "ablation",
            "held-out",
        ),
        claims=(
            "gu2023/removing-either",
            "gu2023/long-training",
            "gu2023/local-steps-like-one-over-eta",
        ),
    ),
    Exhibit(
        "The drift of Local SGD over that of SGD, against the time of a round",
        Reach.ANALOGUE,
        "The slow SDE of Local SGD; the valleys, in which every constant is known, are ours.",
        figures=(
            "drift-ratio",
            "sharpness",
        ),
        claims=(
            "gu2023/drift-ratio",
            "gu2023/long-rounds",
            "gu2023/short-rounds",
            "gu2023/worker-scan",
        ),
    ),
    Exhibit(
        "Local SGD and its slow SDE over a slow horizon",
        Reach.ANALOGUE,
        "Paths, densities and weak errors, on landscapes of ours.",
        figures=(
            "valley-fan",
            "ring-density",
            "weak-error",
        ),
        claims=(
            "gu2023/weak-approximation",
            "gu2023/weak-error",
            "gu2023/slow-horizon",
        ),
    ),
    rest(
        "The README names three figures; how many there are, and every number in them, we have not seen. Of "
        "Figures 1 and 3 we know one panel each.",
    ),
)
