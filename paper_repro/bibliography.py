"""One copy of every reference, as BibTeX."""

from implicitbias.errors import BadInput
from paper_repro.outside import bibtex_of


BIBTEX = {
    "zhu2024": """@article{zhu2024,
  author  = {Zhu, Heng and Vardhan, Harsh and Mazumdar, Arya},
  title   = {Distributed Gradient Descent with Many Local Steps in Overparameterized Models},
  journal = {arXiv:2412.07971},
  year    = {2024},
  note    = {v1, December 2024; v2, March 2026: Effectiveness of Distributed Gradient Descent with Local
             Steps for Overparameterized Models}
}""",
    "chezhegov2024": """@article{chezhegov2024,
  author  = {Chezhegov, Savelii and Skorik, Sergey and Khachaturov, Nikolas and Shalagin, Danil and Avetisyan, Aram
             and Tak{\\'a}{\\v c}, Martin and Kholodov, Yaroslav and Beznosikov, Aleksandr},
  title   = {Local Methods with Adaptivity via Scaling},
  journal = {Russian Mathematical Surveys},
  volume  = {79},
  number  = {6},
  pages   = {1051--1091},
  year    = {2024},
  note    = {arXiv:2406.00846}
}""",
    "kingma2015": """@inproceedings{kingma2015,
  author    = {Kingma, Diederik P. and Ba, Jimmy},
  title     = {Adam: A Method for Stochastic Optimization},
  booktitle = {International Conference on Learning Representations},
  year      = {2015},
  note      = {arXiv:1412.6980}
}""",
    "tieleman2012": """@misc{tieleman2012,
  author = {Tieleman, Tijmen and Hinton, Geoffrey},
  title  = {Lecture 6.5: {RMSProp}, Divide the Gradient by a Running Average of Its Recent Magnitude},
  note   = {COURSERA: Neural Networks for Machine Learning},
  year   = {2012}
}""",
    "duchi2011": """@article{duchi2011,
  author  = {Duchi, John and Hazan, Elad and Singer, Yoram},
  title   = {Adaptive Subgradient Methods for Online Learning and Stochastic Optimization},
  journal = {Journal of Machine Learning Research},
  volume  = {12},
  year    = {2011}
}""",
    "jahani2022": """@inproceedings{jahani2022,
  author    = {Jahani, Majid and Rusakov, Sergey and Shi, Zheng and Richt{\\'a}rik, Peter and Mahoney, Michael W.
               and Tak{\\'a}{\\v c}, Martin},
  title     = {Doubly Adaptive Scaled Algorithm for Machine Learning Using Second-Order Information},
  booktitle = {International Conference on Learning Representations},
  year      = {2022},
  note      = {arXiv:2109.05198}
}""",
    "yao2021": """@inproceedings{yao2021,
  author    = {Yao, Zhewei and Gholami, Amir and Shen, Sheng and Mustafa, Mustafa and Keutzer, Kurt and
               Mahoney, Michael W.},
  title     = {{ADAHESSIAN}: An Adaptive Second Order Optimizer for Machine Learning},
  booktitle = {AAAI Conference on Artificial Intelligence},
  year      = {2021},
  note      = {arXiv:2006.00719}
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
    "wu2024": """@inproceedings{wu2024,
  author    = {Wu, Jingfeng and Bartlett, Peter L. and Telgarsky, Matus and Yu, Bin},
  title     = {Large Stepsize Gradient Descent for Logistic Loss: Non-Monotonicity of the Loss Improves
               Optimization Efficiency},
  booktitle = {Conference on Learning Theory},
  series    = {PMLR},
  volume    = {247},
  year      = {2024},
  note      = {arXiv:2402.15926}
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
    "nacson2019b": """@inproceedings{nacson2019b,
  author    = {Nacson, Mor Shpigel and Lee, Jason D. and Gunasekar, Suriya and Savarese, Pedro H. P. and
               Srebro, Nathan and Soudry, Daniel},
  title     = {Convergence of Gradient Descent on Separable Data},
  booktitle = {International Conference on Artificial Intelligence and Statistics},
  year      = {2019},
  note      = {arXiv:1803.01905}
}""",
    "wang2024": """@inproceedings{wang2024,
  author    = {Wang, Mingze and Min, Zeping and Wu, Lei},
  title     = {Achieving Margin Maximization Exponentially Fast via Progressive Norm Rescaling},
  booktitle = {International Conference on Machine Learning},
  series    = {PMLR},
  volume    = {235},
  year      = {2024},
  note      = {arXiv:2311.14387}
}""",
    "jung2025": """@inproceedings{jung2025,
  author    = {Jung, Hyunji and Cho, Hanseul and Yun, Chulhee},
  title     = {Convergence and Implicit Bias of Gradient Descent on Continual Linear Classification},
  booktitle = {International Conference on Learning Representations},
  year      = {2025},
  note      = {arXiv:2504.12712}
}""",
    "gu2024": """@inproceedings{gu2024,
  author    = {Gu, Xinran and Lyu, Kaifeng and Arora, Sanjeev and Zhang, Jingzhao and Huang, Longbo},
  title     = {A Quadratic Synchronization Rule for Distributed Deep Learning},
  booktitle = {International Conference on Learning Representations},
  year      = {2024},
  note      = {arXiv:2310.14423}
}""",
    "gu2023": """@inproceedings{gu2023,
  author    = {Gu, Xinran and Lyu, Kaifeng and Huang, Longbo and Arora, Sanjeev},
  title     = {Why (and When) does Local {SGD} Generalize Better than {SGD}?},
  booktitle = {International Conference on Learning Representations},
  year      = {2023},
  note      = {arXiv:2303.01215v2}
}""",
    "lin2020": """@inproceedings{lin2020,
  author    = {Lin, Tao and Stich, Sebastian U. and Patel, Kumar Kshitij and Jaggi, Martin},
  title     = {Don't Use Large Mini-Batches, Use Local {SGD}},
  booktitle = {International Conference on Learning Representations},
  year      = {2020},
  note      = {arXiv:1808.07217}
}""",
    "li2017": """@inproceedings{li2017,
  author    = {Li, Qianxiao and Tai, Cheng and E, Weinan},
  title     = {Stochastic Modified Equations and Adaptive Stochastic Gradient Algorithms},
  booktitle = {International Conference on Machine Learning},
  year      = {2017},
  note      = {arXiv:1511.06251}
}""",
    "li2019": """@article{li2019,
  author  = {Li, Qianxiao and Tai, Cheng and E, Weinan},
  title   = {Stochastic Modified Equations and Dynamics of Stochastic Gradient Algorithms {I}: Mathematical
             Foundations},
  journal = {Journal of Machine Learning Research},
  volume  = {20},
  year    = {2019},
  note    = {arXiv:1811.01558}
}""",
    "li2021": """@inproceedings{li2021,
  author    = {Li, Zhiyuan and Malladi, Sadhika and Arora, Sanjeev},
  title     = {On the Validity of Modeling {SGD} with Stochastic Differential Equations ({SDE}s)},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2021},
  note      = {arXiv:2102.12470}
}""",
    "li2022": """@inproceedings{li2022,
  author    = {Li, Zhiyuan and Wang, Tianhao and Arora, Sanjeev},
  title     = {What Happens after {SGD} Reaches Zero Loss? {A} Mathematical Framework},
  booktitle = {International Conference on Learning Representations},
  year      = {2022},
  note      = {arXiv:2110.06914}
}""",
    "damian2021": """@inproceedings{damian2021,
  author    = {Damian, Alex and Ma, Tengyu and Lee, Jason D.},
  title     = {Label Noise {SGD} Provably Prefers Flat Global Minimizers},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2021},
  note      = {arXiv:2106.06530}
}""",
    "blanc2020": """@inproceedings{blanc2020,
  author    = {Blanc, Guy and Gupta, Neha and Valiant, Gregory and Valiant, Paul},
  title     = {Implicit regularization for deep neural networks driven by an {O}rnstein-{U}hlenbeck like process},
  booktitle = {Conference on Learning Theory},
  year      = {2020},
  note      = {arXiv:1904.09080}
}""",
    "wang2024momentum": """@inproceedings{wang2024momentum,
  author    = {Wang, Runzhe and Malladi, Sadhika and Wang, Tianhao and Lyu, Kaifeng and Li, Zhiyuan},
  title     = {The Marginal Value of Momentum for Small Learning Rate {SGD}},
  booktitle = {International Conference on Learning Representations},
  year      = {2024},
  note      = {arXiv:2307.15196}
}""",
    "malladi2022": """@inproceedings{malladi2022,
  author    = {Malladi, Sadhika and Lyu, Kaifeng and Panigrahi, Abhishek and Arora, Sanjeev},
  title     = {On the {SDE}s and Scaling Rules for Adaptive Gradient Algorithms},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2022},
  note      = {arXiv:2205.10287}
}""",
    "zhu2023": """@inproceedings{zhu2023,
  author    = {Zhu, Tongtian and He, Fengxiang and Chen, Kaixuan and Song, Mingli and Tao, Dacheng},
  title     = {Decentralized {SGD} and Average-direction {SAM} are Asymptotically Equivalent},
  booktitle = {International Conference on Machine Learning},
  year      = {2023},
  note      = {arXiv:2306.02913}
}""",
    "shalova2024": """@article{shalova2024,
  author  = {Shalova, Anna and Schlichting, Andr{\\'e} and Peletier, Mark},
  title   = {Singular-limit analysis of gradient descent with noise injection},
  journal = {arXiv:2404.12293},
  year    = {2024}
}""",
    "ahn2024": """@inproceedings{ahn2024,
  author    = {Ahn, Kwangjun and Jadbabaie, Ali and Sra, Suvrit},
  title     = {How to Escape Sharp Minima with Random Perturbations},
  booktitle = {International Conference on Machine Learning},
  year      = {2024},
  note      = {arXiv:2305.15659}
}""",
    "cowsik2022": """@article{cowsik2022,
  author  = {Cowsik, Aditya and Can, Tankut and Glorioso, Paolo},
  title   = {Flatter, faster: scaling momentum for optimal speedup of {SGD}},
  journal = {arXiv:2210.16400},
  year    = {2022}
}""",
    "katzenberger1991": """@article{katzenberger1991,
  author  = {Katzenberger, Gary Shon},
  title   = {Solutions of a stochastic differential equation forced onto a manifold by a large drift},
  journal = {The Annals of Probability},
  volume  = {19},
  year    = {1991}
}""",
    "kloeden1992": """@book{kloeden1992,
  author    = {Kloeden, Peter E. and Platen, Eckhard},
  title     = {Numerical Solution of Stochastic Differential Equations},
  publisher = {Springer},
  year      = {1992}
}""",
    "talay1990": """@article{talay1990,
  author  = {Talay, Denis and Tubaro, Luciano},
  title   = {Expansion of the global error for numerical schemes solving stochastic differential equations},
  journal = {Stochastic Analysis and Applications},
  volume  = {8},
  year    = {1990}
}""",
    "giles2008": """@article{giles2008,
  author  = {Giles, Michael B.},
  title   = {Multilevel {M}onte {C}arlo path simulation},
  journal = {Operations Research},
  volume  = {56},
  year    = {2008}
}""",
    "lawson1974": """@book{lawson1974,
  author    = {Lawson, Charles L. and Hanson, Richard J.},
  title     = {Solving Least Squares Problems},
  publisher = {Prentice-Hall},
  year      = {1974}
}""",
    "vapnik1998": """@book{vapnik1998,
  author    = {Vapnik, Vladimir N.},
  title     = {Statistical Learning Theory},
  publisher = {Wiley},
  year      = {1998}
}""",
    "mangasarian2002": """@article{mangasarian2002,
  author  = {Mangasarian, Olvi L.},
  title   = {A finite {N}ewton method for classification},
  journal = {Optimization Methods and Software},
  volume  = {17},
  year    = {2002}
}""",
    "keerthi2005": """@article{keerthi2005,
  author  = {Keerthi, S. Sathiya and DeCoste, Dennis},
  title   = {A modified finite {N}ewton method for fast solution of large scale linear {SVM}s},
  journal = {Journal of Machine Learning Research},
  volume  = {6},
  year    = {2005}
}""",
    "goldfarb1983": """@article{goldfarb1983,
  author  = {Goldfarb, Donald and Idnani, Ashok},
  title   = {A numerically stable dual method for solving strictly convex quadratic programs},
  journal = {Mathematical Programming},
  volume  = {27},
  year    = {1983}
}""",
    "bjorck1967": """@article{bjorck1967,
  author  = {Bj{\\"o}rck, {\\AA}ke},
  title   = {Iterative refinement of linear least squares solutions {I}},
  journal = {BIT Numerical Mathematics},
  volume  = {7},
  year    = {1967}
}""",
    "gleixner2016": """@article{gleixner2016,
  author  = {Gleixner, Ambros M. and Steffy, Daniel E. and Wolter, Kati},
  title   = {Iterative refinement for linear programming},
  journal = {INFORMS Journal on Computing},
  volume  = {28},
  year    = {2016}
}""",
    "gordan1873": """@article{gordan1873,
  author  = {Gordan, Paul},
  title   = {{\\"U}ber die {A}ufl{\\"o}sung linearer {G}leichungen mit reellen {C}oefficienten},
  journal = {Mathematische Annalen},
  volume  = {6},
  year    = {1873}
}""",
    "minty1962": """@article{minty1962,
  author  = {Minty, George J.},
  title   = {Monotone (nonlinear) operators in {H}ilbert space},
  journal = {Duke Mathematical Journal},
  volume  = {29},
  year    = {1962}
}""",
    "lecun1998": """@misc{lecun1998,
  author = {LeCun, Yann and Cortes, Corinna and Burges, Christopher J. C.},
  title  = {The {MNIST} database of handwritten digits},
  year   = {1998}
}""",
    "ottosson2020": """@misc{ottosson2020,
  author = {Ottosson, Bj{\\"o}rn},
  title  = {A perceptual color space for image processing ({OKLab})},
  year   = {2020}
}""",
    "machado2009": """@article{machado2009,
  author  = {Machado, Gustavo M. and Oliveira, Manuel M. and Fernandes, Leandro A. F.},
  title   = {A physiologically-based model for simulation of color vision deficiency},
  journal = {IEEE Transactions on Visualization and Computer Graphics},
  volume  = {15},
  year    = {2009}
}""",
    "taylor2017": """@article{taylor2017,
  author  = {Taylor, Adrien B. and Hendrickx, Julien M. and Glineur, Fran{\\c{c}}ois},
  title   = {Smooth strongly convex interpolation and exact worst-case performance of first-order methods},
  journal = {Mathematical Programming},
  volume  = {161},
  pages   = {307--345},
  year    = {2017},
  note    = {arXiv:1502.05666}
}""",
    "goujaud2024": """@article{goujaud2024,
  author  = {Goujaud, Baptiste and Moucer, C{\\'e}line and Glineur, Fran{\\c{c}}ois and Hendrickx, Julien M. and
             Taylor, Adrien B. and Dieuleveut, Aymeric},
  title   = {{PEPit}: computer-assisted worst-case analyses of first-order optimization methods in {P}ython},
  journal = {Mathematical Programming Computation},
  volume  = {16},
  year    = {2024},
  note    = {arXiv:2201.04040}
}""",
    "qian2019": """@inproceedings{qian2019,
  author    = {Qian, Qian and Qian, Xiaoyuan},
  title     = {The Implicit Bias of {AdaGrad} on Separable Data},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2019},
  note      = {arXiv:1906.03559}
}""",
    "wang2021": """@inproceedings{wang2021,
  author    = {Wang, Bohan and Meng, Qi and Chen, Wei and Liu, Tie-Yan},
  title     = {The Implicit Bias for Adaptive Optimization Algorithms on Homogeneous Neural Networks},
  booktitle = {International Conference on Machine Learning},
  year      = {2021},
  note      = {arXiv:2012.06244}
}""",
    "zhang2024adam": """@inproceedings{zhang2024adam,
  author    = {Zhang, Chenyang and Zou, Difan and Cao, Yuan},
  title     = {The Implicit Bias of {Adam} on Separable Data},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2024},
  note      = {arXiv:2406.10650}
}""",
    "mcmahan2017": """@inproceedings{mcmahan2017,
  author    = {McMahan, H. Brendan and Moore, Eider and Ramage, Daniel and Hampson, Seth
               and Ag{\\"u}era y Arcas, Blaise},
  title     = {Communication-Efficient Learning of Deep Networks from Decentralized Data},
  booktitle = {International Conference on Artificial Intelligence and Statistics},
  year      = {2017},
  note      = {arXiv:1602.05629}
}""",
    "hsu2019": """@article{hsu2019,
  author  = {Hsu, Tzu-Ming Harry and Qi, Hang and Brown, Matthew},
  title   = {Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification},
  journal = {arXiv:1909.06335},
  year    = {2019}
}""",
    "li2020": """@inproceedings{li2020,
  author    = {Li, Tian and Sahu, Anit Kumar and Zaheer, Manzil and Sanjabi, Maziar and Talwalkar, Ameet
               and Smith, Virginia},
  title     = {Federated Optimization in Heterogeneous Networks},
  booktitle = {Machine Learning and Systems},
  year      = {2020},
  note      = {arXiv:1812.06127}
}""",
    "karimireddy2020": """@inproceedings{karimireddy2020,
  author    = {Karimireddy, Sai Praneeth and Kale, Satyen and Mohri, Mehryar and Reddi, Sashank J.
               and Stich, Sebastian U. and Suresh, Ananda Theertha},
  title     = {{SCAFFOLD}: Stochastic Controlled Averaging for Federated Learning},
  booktitle = {International Conference on Machine Learning},
  year      = {2020},
  note      = {arXiv:1910.06378}
}""",
    "wang2020": """@inproceedings{wang2020,
  author    = {Wang, Jianyu and Liu, Qinghua and Liang, Hao and Joshi, Gauri and Poor, H. Vincent},
  title     = {Tackling the Objective Inconsistency Problem in Heterogeneous Federated Optimization},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2020},
  note      = {arXiv:2007.07481}
}""",
    "wang2022": """@article{wang2022,
  author  = {Wang, Jianyu and Das, Rudrajit and Joshi, Gauri and Kale, Satyen and Xu, Zheng and Zhang, Tong},
  title   = {On the Unreasonable Effectiveness of Federated Averaging with Heterogeneous Data},
  journal = {arXiv:2206.04723},
  year    = {2022}
}""",
    "douillard2023": """@article{douillard2023,
  author  = {Douillard, Arthur and Feng, Qixuan and Rusu, Andrei A. and Chhaparia, Rachita and Donchev, Yani
             and Kuncoro, Adhiguna and Ranzato, Marc'Aurelio and Szlam, Arthur and Shen, Jiajun},
  title   = {{DiLoCo}: Distributed Low-Communication Training of Language Models},
  journal = {arXiv:2311.08105},
  year    = {2023}
}""",
    "tao2024": """@article{tao2024,
  author  = {Tao, Zhixu and Mason, Ian and Kulkarni, Sanjeev and Boix, Xavier},
  title   = {Task Arithmetic Through The Lens Of One-Shot Federated Learning},
  journal = {arXiv:2411.18607},
  year    = {2024}
}""",
    "dhawan2024": """@article{dhawan2024,
  author  = {Dhawan, Nikita and Mitchell, Nicole and Charles, Zachary and Garrett, Zachary
             and Dziugaite, Gintare Karolina},
  title   = {Leveraging Function Space Aggregation for Federated Learning at Scale},
  journal = {Transactions on Machine Learning Research},
  year    = {2024},
  note    = {arXiv:2311.10291}
}""",
    "ju2024": """@inproceedings{ju2024,
  author    = {Ju, Peizhong and Yang, Haibo and Liu, Jia and Liang, Yingbin and Shroff, Ness},
  title     = {Can We Theoretically Quantify the Impacts of Local Updates on the Generalization Performance of
               Federated Learning?},
  booktitle = {International Symposium on Theory, Algorithmic Foundations, and Protocol Design for Mobile Networks
               and Mobile Computing},
  year      = {2024},
  note      = {arXiv:2409.03863}
}""",
    "chatterjee2024": """@inproceedings{chatterjee2024,
  author    = {Chatterjee, Bapi and Kungurtsev, Vyacheslav and Alistarh, Dan},
  title     = {Federated {SGD} with Local Asynchrony},
  booktitle = {International Conference on Distributed Computing Systems},
  year      = {2024}
}""",
    "derived": """@software{implicitbias,
  author = {{The implicitbias developers}},
  title  = {implicitbias: theory verification for local methods},
  year   = {2026},
  note   = {Statements marked "derived" are proved on their own pages of the report}
}""",
}


def entry(paper: str) -> str:
    """Return the BibTeX entry of a paper, ours or that of a module outside; empty if there is none."""
    return BIBTEX.get(paper) or bibtex_of(paper)


def bibtex(paper: str) -> str:
    """Return the BibTeX entry of a paper.

    Raises
    ------
    BadInput
        For a key without entry.
    """
    found = entry(paper)
    if not found:
        raise BadInput(f"paper {paper!r} has no entry: known are {', '.join(sorted(BIBTEX))}")
    return found
