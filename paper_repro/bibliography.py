"""One copy of every reference, as BibTeX."""

from implicitbias.errors import BadInput


BIBTEX = {
    "zhu2024": """@article{zhu2024,
  author  = {Zhu, Heng and Vardhan, Harsh and Mazumdar, Arya},
  title   = {Distributed Gradient Descent with Many Local Steps in Overparameterized Models},
  journal = {arXiv:2412.07971},
  year    = {2024},
  note    = {v1, December 2024; v2, March 2026: Effectiveness of Distributed Gradient Descent with Local
             Steps for Overparameterized Models}
}""",
    "soudry2018": """@article{soudry2018,
  author  = {Soudry, Daniel and Hoffer, Elad and Nacson, Mor Shpigel and Gunasekar, Suriya and Srebro, Nathan},
  title   = {The Implicit Bias of Gradient Descent on Separable Data},
  journal = {Journal of Machine Learning Research},
  volume  = {19},
  year    = {2018},
  note    = {arXiv:1710.10345}
}""",
    "crawshaw2025": """@inproceedings{crawshaw2025,
  author    = {Crawshaw, Michael and Woodworth, Blake and Liu, Mingrui},
  title     = {Constant Stepsize Local {GD} for Logistic Regression: Acceleration by Instability},
  booktitle = {International Conference on Machine Learning},
  year      = {2025},
  note      = {arXiv:2506.13974}
}""",
    "lieder2021": """@article{lieder2021,
  author  = {Lieder, Felix},
  title   = {On the convergence rate of the {H}alpern-iteration},
  journal = {Optimization Letters},
  volume  = {15},
  pages   = {405--418},
  year    = {2021}
}""",
    "ji2019": """@inproceedings{ji2019,
  author    = {Ji, Ziwei and Telgarsky, Matus},
  title     = {The implicit bias of gradient descent on nonseparable data},
  booktitle = {Conference on Learning Theory},
  series    = {PMLR},
  volume    = {99},
  year      = {2019}
}""",
    "ji2021": """@inproceedings{ji2021,
  author    = {Ji, Ziwei and Telgarsky, Matus},
  title     = {Characterizing the implicit bias via a primal-dual analysis},
  booktitle = {Algorithmic Learning Theory},
  series    = {PMLR},
  volume    = {132},
  year      = {2021},
  note      = {arXiv:1906.04540}
}""",
    "evron2023": """@inproceedings{evron2023,
  author    = {Evron, Itay and Moroshko, Edward and Buzaglo, Gon and Khriesh, Maroun and Marjieh, Badea and
               Srebro, Nathan and Soudry, Daniel},
  title     = {Continual Learning in Linear Classification on Separable Data},
  booktitle = {International Conference on Machine Learning},
  year      = {2023},
  note      = {arXiv:2306.03534}
}""",
    "moreau1977": """@article{moreau1977,
  author  = {Moreau, Jean Jacques},
  title   = {Evolution problem associated with a moving convex set in a {H}ilbert space},
  journal = {Journal of Differential Equations},
  volume  = {26},
  year    = {1977}
}""",
    "nacson2019": """@inproceedings{nacson2019,
  author    = {Nacson, Mor Shpigel and Srebro, Nathan and Soudry, Daniel},
  title     = {Stochastic Gradient Descent on Separable Data: Exact Convergence with a Fixed Learning Rate},
  booktitle = {International Conference on Artificial Intelligence and Statistics},
  year      = {2019},
  note      = {arXiv:1806.01796}
}""",
    "gu2024": """@inproceedings{gu2024,
  author    = {Gu, Xinran and Lyu, Kaifeng and Arora, Sanjeev and Zhang, Jingzhao and Huang, Longbo},
  title     = {A Quadratic Synchronization Rule for Distributed Deep Learning},
  booktitle = {International Conference on Learning Representations},
  year      = {2024}
}""",
    "derived": """@software{implicitbias,
  author = {{The implicitbias developers}},
  title  = {implicitbias: theory verification for local methods},
  year   = {2026},
  note   = {Statements marked "derived" are proved on their own pages of the report}
}""",
}


def bibtex(paper: str) -> str:
    """Return the BibTeX entry of a paper.

    Raises
    ------
    BadInput
        For a key without entry.
    """
    if paper not in BIBTEX:
        raise BadInput(f"paper {paper!r} has no entry: known are {', '.join(sorted(BIBTEX))}")
    return BIBTEX[paper]
