"""The numbers of the fast engines' method: Rodas5P, a Rosenbrock method of order five, and its control of the step.

Eight stages, each a linear system with the same matrix ``I/(GAMMA h) - J``; the last two make the result stiffly
accurate. The last increment is the difference to an embedded result of order four, and bounds the error of a step.
In between, a polynomial of degree four is exact to order four. Steinebach 2023, BIT 63:27,
doi:10.1007/s10543-023-00967-x.
"""

#: Diagonal coefficient.
GAMMA = 0.21193756319429014

#: State of stage i: the step's start plus these multiples of the increments before it; from stage 6 on, each state is
#: the one before plus the increment before.
STATE = (
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946),
)

#: Right-hand side of stage i: the rate of change plus these multiples of the increments before it over the step.
RIGHT = (
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (
        30.91273214028599,
        -3.1208243349937974,
        77.79954646070892,
        34.28646028294783,
        -19.097331116725623,
        -28.087943162872662,
    ),
    (
        37.80277123390563,
        -3.2571969029072276,
        112.26918849496327,
        66.9347231244047,
        -40.06618937091002,
        -54.66780262877968,
        -9.48861652309627,
    ),
)

#: Between the nodes, at share s of the step: ``(1-s) y0 + s (y1 + (1-s) (d1 + s (d2 + s d3)))``; each d is these
#: multiples of the increments.
DENSE = (
    (
        25.948786856663858,
        -2.5579724845846235,
        10.433815404888879,
        -2.3679251022685204,
        0.524948541321073,
        1.1241088310450404,
        0.4272876194431874,
        -0.17202221070155493,
    ),
    (
        -9.91568850695171,
        -0.9689944594115154,
        3.0438037242978453,
        -24.495224566215796,
        20.176138334709044,
        15.98066361424651,
        -6.789040303419874,
        -6.710236069923372,
    ),
    (
        11.419903575922262,
        2.8879645146136994,
        72.92137995996029,
        80.12511834622643,
        -52.072871366152654,
        -59.78993625266729,
        -0.15582684282751913,
        4.883087185713722,
    ),
)

STAGES = len(RIGHT)

#: Most steps of Newton's method to the untreated steady state; the kernel stops where a step moves nothing any more.
NEWTON = 40
#: First step of a run, and the least after a breakpoint [day].
FIRST_STEP = 0.01
#: A piece between breakpoints shorter than this counts as none: its reciprocal would overflow [day].
SHORTEST = 1e-200
#: A state below this counts as this large when its error is judged; all states are of the order of 1 to 100.
ABSOLUTE = 1.0
#: Root of the summed squares of the states' errors that is allowed, in units of the relative tolerance: with 3 the
#: error of the count on any day comes out at about the tolerance.
ALLOWED = 3.0
#: The next step is `SAFETY` times the one at which the error would just be allowed, within these multiples of the last.
SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0
#: Power of the squared error, relative to what is allowed, in the next step: the error goes with its fifth power.
EXPONENT = -0.1
#: Squared error that counts as none.
NONE = 1e-14
#: Steps allowed to one patient, for each of the pieces between his breakpoints.
STEPS = 5_000

#: Why a patient's integration ended early, by its number in the engines.
REASONS = (
    "",
    "the step fell below rounding",
    f"more than {STEPS} steps for each piece between breakpoints were needed",
    "the last output day was not reached",
)
UNREACHED = 3
