"""The model: platelets made by the marrow, cleared by spleen and liver, clearance blocked by infused IgG.

Units: day, 10^9 platelets per litre of blood, gram of IgG per litre of plasma. Only ``+ - * / **`` are used, so floats,
arrays of patients, pint quantities and sympy symbols pass through the same lines. Mechanisms are switched by parameter
values (an effect of zero), never by branches.

Every field is annotated with its unit, its printed symbol and one line of meaning; the parameter files, the labels of
results and the equation sheet take them from here.
"""

from typing import Annotated, Any, NamedTuple, get_type_hints

#: A float, an array of patients, a pint quantity or a sympy symbol.
Value = Any


class State(NamedTuple):
    """What changes with time."""

    IVIG1: Annotated[Value, "g/L", "I_1", "infused IgG in plasma"]
    IVIG2: Annotated[Value, "g/L", "I_2", "infused IgG in tissue"]
    ACT1: Annotated[Value, "g/L", "D_1", "infused IgG that can still block, in plasma"]
    ACT2: Annotated[Value, "g/L", "D_2", "infused IgG that can still block, in tissue"]
    CE: Annotated[Value, "g/L", "X", "blocking IgG at the phagocytes"]
    IGG1: Annotated[Value, "g/L", "E_1", "the patient's own IgG in plasma"]
    IGG2: Annotated[Value, "g/L", "E_2", "the patient's own IgG in tissue"]
    OUT: Annotated[Value, "g", "A_out", "infused IgG eliminated so far"]
    AB: Annotated[Value, "", "W", "autoantibody in the patient's own IgG, relative to untreated"]
    TPO: Annotated[Value, "", "T", "thrombopoietin, relative to health"]
    MK1: Annotated[Value, "", "M_1", "megakaryocytes, youngest of six stages, relative to health"]
    MK2: Annotated[Value, "", "M_2", "megakaryocytes, stage 2"]
    MK3: Annotated[Value, "", "M_3", "megakaryocytes, stage 3"]
    MK4: Annotated[Value, "", "M_4", "megakaryocytes, stage 4"]
    MK5: Annotated[Value, "", "M_5", "megakaryocytes, stage 5"]
    MK6: Annotated[Value, "", "M_6", "megakaryocytes, releasing platelets"]
    PLT1: Annotated[Value, "1e9/L", "N_1", "platelets, youngest of ten ages, in blood and spleen per litre of blood"]
    PLT2: Annotated[Value, "1e9/L", "N_2", "platelets, age 2"]
    PLT3: Annotated[Value, "1e9/L", "N_3", "platelets, age 3"]
    PLT4: Annotated[Value, "1e9/L", "N_4", "platelets, age 4"]
    PLT5: Annotated[Value, "1e9/L", "N_5", "platelets, age 5"]
    PLT6: Annotated[Value, "1e9/L", "N_6", "platelets, age 6"]
    PLT7: Annotated[Value, "1e9/L", "N_7", "platelets, age 7"]
    PLT8: Annotated[Value, "1e9/L", "N_8", "platelets, age 8"]
    PLT9: Annotated[Value, "1e9/L", "N_9", "platelets, age 9"]
    PLT10: Annotated[Value, "1e9/L", "N_10", "platelets, oldest"]


class Parameters(NamedTuple):
    """What is true of one patient."""

    WT: Annotated[Value, "kg", "WT", "body weight"]
    P0: Annotated[Value, "1e9/L", "P_0", "the patient's own untreated platelet count"]
    IGG0: Annotated[Value, "g/L", "C_0", "the patient's own untreated plasma IgG"]
    CL: Annotated[Value, "L/day/kg", "CL", "clearance of IgG from plasma at the untreated IgG level"]
    V1: Annotated[Value, "L/kg", "V_1", "volume of plasma IgG"]
    Q: Annotated[Value, "L/day/kg", "Q", "exchange of IgG between plasma and tissue"]
    V2: Annotated[Value, "L/kg", "V_2", "volume of tissue IgG"]
    fcrn_effect: Annotated[Value, "", "E_FcRn", "largest relative gain in IgG clearance when FcRn recycling saturates"]
    KM: Annotated[Value, "g/L", "K_m", "plasma IgG at half saturation of FcRn recycling"]
    fcrn_block: Annotated[Value, "", "B_FcRn", "share of FcRn recycling that another drug blocks from day 0"]
    KACT: Annotated[Value, "1/day", "k_act", "loss of blocking potency of infused IgG"]
    KE0: Annotated[Value, "1/day", "k_e0", "equilibration of plasma with the phagocytes"]
    IC50: Annotated[Value, "g/L", "IC_50", "infused IgG at the phagocytes that blocks half"]
    GAMMA: Annotated[Value, "", "gamma", "steepness of the blockade"]
    blockade_effect: Annotated[Value, "", "I_max", "largest share of Fc-gamma clearance that infused IgG can block"]
    fcgr_block: Annotated[Value, "", "B_FcgR", "share of Fc-gamma clearance that another drug blocks from day 0"]
    FIND: Annotated[Value, "", "f_ind", "share of immune clearance that needs no Fc-gamma receptor"]
    HA: Annotated[Value, "", "h_A", "power of immune clearance on autoantibody"]
    KREM: Annotated[Value, "1/day", "k_rem", "spontaneous remission: waning of autoantibody, 0 in chronic disease"]
    FSPL: Annotated[Value, "", "f_spl", "share of immune clearance done by the spleen"]
    spleen: Annotated[Value, "", "s", "spleen left in place: 1 intact, 0 removed on day 0"]
    PHI: Annotated[Value, "", "phi", "share of platelets pooled in an intact spleen"]
    PN: Annotated[Value, "1e9/L", "P_n", "platelet count in health"]
    TL: Annotated[Value, "day", "T_L", "platelet lifespan with no loss but ageing"]
    JH: Annotated[Value, "1e9/L/day", "J_h", "largest platelet use for haemostasis"]
    KH: Annotated[Value, "1e9/L", "K_h", "platelets at which haemostatic use is half its largest"]
    EPS: Annotated[Value, "", "epsilon", "platelets released per megakaryocyte, relative to health"]
    MTT: Annotated[Value, "day", "MTT", "mean transit time through the marrow"]
    GTPO: Annotated[Value, "", "g_T", "power of megakaryocyte input on thrombopoietin"]
    KTPO: Annotated[Value, "1/day", "k_T", "turnover of thrombopoietin in health"]
    FP: Annotated[Value, "", "f_P", "share of thrombopoietin removed by platelets in health"]
    FM: Annotated[Value, "", "f_M", "share of thrombopoietin removed by megakaryocytes in health"]
    tpo_feedback: Annotated[Value, "", "u", "share of a change in count that thrombopoietin senses: 1 all, 0 none"]


class Untreated(NamedTuple):
    """The steady state that the patient's own count implies; see :func:`untreated`."""

    QN: Annotated[Value, "1e9/L/day", "Q_n", "platelet production in health"]
    TPO0: Annotated[Value, "", "T_0", "untreated thrombopoietin, relative to health"]
    KIMM: Annotated[Value, "1/day", "k_imm", "untreated immune clearance per platelet"]


class Outputs(NamedTuple):
    """What can be seen, or should be: counts, concentrations and the named fluxes of platelets."""

    platelets: Annotated[Value, "1e9/L", "P", "platelet count"]
    igg: Annotated[Value, "g/L", "C", "total plasma IgG"]
    infused_igg: Annotated[Value, "g/L", "I_1", "infused IgG in plasma"]
    autoantibody: Annotated[Value, "", "A", "autoantibody, relative to untreated"]
    blockade: Annotated[Value, "", "b", "share of Fc-gamma clearance blocked"]
    tpo: Annotated[Value, "", "T", "thrombopoietin, relative to health"]
    production: Annotated[Value, "1e9/L/day", "J_prod", "platelets released by the marrow"]
    spleen_clearance: Annotated[Value, "1e9/L/day", "J_spl", "platelets cleared by the spleen"]
    liver_clearance: Annotated[Value, "1e9/L/day", "J_liv", "platelets cleared by the liver"]
    haemostatic_use: Annotated[Value, "1e9/L/day", "J_use", "platelets used for haemostasis"]
    senescence: Annotated[Value, "1e9/L/day", "J_old", "platelets that die of age"]


# --- IgG: infused and own share one saturable recycling by FcRn -----------------------------------------------------


def total_igg(s: State) -> Value:
    """Plasma IgG, infused and own [g/L]."""
    return s.IVIG1 + s.IGG1


def infused_so_far(s: State, p: Parameters) -> Value:
    """Infused IgG in the body or eliminated [g]: all that was given, or an engine has lost some."""
    return (s.IVIG1 * p.V1 + s.IVIG2 * p.V2) * p.WT + s.OUT


def igg_elimination(C: Value, p: Parameters) -> Value:
    """Fraction of plasma IgG lost per day at total plasma IgG `C` [1/day]: recycling by FcRn saturates."""
    not_recycled = C - p.IGG0 + p.fcrn_block * (p.KM + p.IGG0)
    return p.CL / p.V1 * (1 + p.fcrn_effect * not_recycled / (p.KM + C))


def igg_exchange(plasma: Value, tissue: Value, p: Parameters) -> Value:
    """IgG that passes from plasma to tissue, net [g/day/kg]."""
    return p.Q * (plasma - tissue)


def autoantibody(s: State, p: Parameters) -> Value:
    """Autoantibody relative to untreated: it shares the fate of the patient's own IgG, and wanes in remission."""
    return s.AB * s.IGG1 / p.IGG0


def remission(AB: Value, p: Parameters) -> Value:
    """Loss of autoantibody from the patient's own IgG as the disease goes by itself [1/day]."""
    return p.KREM * AB


# --- blockade: infused IgG at the phagocytes keeps Fc-gamma receptors busy ------------------------------------------


def blockade(CE: Value, p: Parameters) -> Value:
    """Share of Fc-gamma receptor clearance that is blocked."""
    # Squared before the power: a rounding error below zero must not turn complex.
    x = ((CE / p.IC50) ** 2) ** (p.GAMMA / 2)
    return 1 - (1 - p.fcgr_block) * (1 - p.blockade_effect * x / (1 + x))


# --- clearance: spleen and liver by antibody, plus fixed use and age ------------------------------------------------


def immune_clearance(blocked: Value, A: Value, p: Parameters, u: Untreated) -> Value:
    """Immune clearance per platelet with a share `blocked` and autoantibody `A` [1/day], the spleen in place."""
    # Squared as in the blockade: long after a remission nothing but rounding error is left of `A`.
    return u.KIMM * (A**2) ** (p.HA / 2) * (p.FIND + (1 - p.FIND) * (1 - blocked))


def spleen_clearance(rate: Value, p: Parameters) -> Value:
    """The spleen's part of the immune clearance `rate` per platelet [1/day]."""
    return p.spleen * p.FSPL * rate


def liver_clearance(rate: Value, p: Parameters) -> Value:
    """The liver's part of the immune clearance `rate` per platelet [1/day]."""
    return (1 - p.FSPL) * rate


def haemostatic_use(N: Value, p: Parameters) -> Value:
    """Use per platelet for keeping vessels tight [1/day]: a fixed amount, as long as there are platelets."""
    return p.JH / (N + p.KH)


def ageing(p: Parameters) -> Value:
    """Rate of passing from one of the ten ages to the next [1/day]."""
    return 10 / p.TL


# --- platelets: blood and spleen exchange in minutes, so the spleen holds a fixed share -----------------------------


def all_platelets(s: State) -> Value:
    """Platelets in blood and spleen, per litre of blood [1e9/L]."""
    return s.PLT1 + s.PLT2 + s.PLT3 + s.PLT4 + s.PLT5 + s.PLT6 + s.PLT7 + s.PLT8 + s.PLT9 + s.PLT10


def circulating_share(p: Parameters) -> Value:
    """Share of platelets that is counted in blood; the rest is pooled in what is left of the spleen."""
    return (1 - p.PHI) / (1 - p.PHI + p.spleen * p.PHI)


# --- marrow and thrombopoietin --------------------------------------------------------------------------------------


def platelet_release(MK: Value, p: Parameters, u: Untreated) -> Value:
    """Platelets released by the marrow [1e9/L/day]."""
    return u.QN * p.EPS * MK


def tpo_removal(P: Value, MK: Value, p: Parameters) -> Value:
    """Removal of thrombopoietin by platelets, megakaryocytes and other tissue, relative to health."""
    sensed = p.P0 + p.tpo_feedback * (P - p.P0)
    return (1 - p.FP - p.FM) + p.FP * sensed / p.PN + p.FM * MK


def megakaryocyte_input(TPO: Value, p: Parameters) -> Value:
    """New megakaryocytes, relative to health."""
    return TPO**p.GTPO


def marrow_transit(p: Parameters) -> Value:
    """Rate of passing from one of the six marrow stages to the next, KTR [1/day]."""
    return 6 / p.MTT


# --- the untreated steady state -------------------------------------------------------------------------------------


def survival(r: Value) -> Value:
    """Sum of ``r**j`` over the ten ages: platelets held per platelet entering, in units of one age."""
    return r * (1 + r * (1 + r * (1 + r * (1 + r * (1 + r * (1 + r * (1 + r * (1 + r * (1 + r)))))))))


def survival_slope(r: Value) -> Value:
    """Derivative of :func:`survival`."""
    return 1 + r * (2 + r * (3 + r * (4 + r * (5 + r * (6 + r * (7 + r * (8 + r * (9 + r * 10))))))))


#: Steps of Newton's method that reach rounding error for every patient in the declared ranges.
NEWTON = 10


def healthy_production(p: Parameters) -> Value:
    """Production that holds the healthy count against age and haemostatic use [1e9/L/day]."""
    N = p.PN / (1 - p.PHI)
    a = ageing(p)
    return N * a / survival(a / (a + haemostatic_use(N, p)))


def untreated_tpo(p: Parameters) -> Value:
    """Thrombopoietin at which ``1 = T tpo_removal(P0, T**GTPO)``, by Newton's method."""
    fixed = (1 - p.FP - p.FM) + p.FP * p.P0 / p.PN
    T = 1 / (fixed + p.FM ** (1 / (1 + p.GTPO)))  # right if only one of the two removed it; never far off
    for _ in range(NEWTON):
        T = T - (T * (fixed + p.FM * T**p.GTPO) - 1) / (fixed + p.FM * (1 + p.GTPO) * T**p.GTPO)
    return T


def untreated_loss(N: Value, Q: Value, p: Parameters) -> Value:
    """Loss per platelet at which production `Q` holds `N` platelets [1/day]: ``N = Q/a survival(r)``, by Newton."""
    a = ageing(p)
    held = N * a / Q
    r = held / (1 + held)
    for _ in range(NEWTON):
        r = r - (survival(r) - held) / survival_slope(r)
    return a * (1 - r) / r


def untreated(p: Parameters) -> Untreated:
    """Production, thrombopoietin and immune clearance implied by the patient's own untreated count.

    The spleen is counted as in place: its removal on day 0 is an event, not a steady state.
    """
    QN = healthy_production(p)
    TPO0 = untreated_tpo(p)
    N = p.P0 / (1 - p.PHI)
    loss = untreated_loss(N, QN * p.EPS * megakaryocyte_input(TPO0, p), p)
    return Untreated(QN, TPO0, loss - haemostatic_use(N, p))


def baseline(p: Parameters, u: Untreated) -> State:
    """The untreated patient: every derivative is zero as long as the spleen stays and the disease is chronic."""
    MK = megakaryocyte_input(u.TPO0, p)
    N = p.P0 / (1 - p.PHI)
    a = ageing(p)
    r = a / (a + u.KIMM + haemostatic_use(N, p))
    # A spleen that is taken out takes its pool along; the count in blood is the same the moment after.
    N1 = platelet_release(MK, p, u) / a * r * (1 - p.PHI) / circulating_share(p)
    ages = (N1, N1 * r, N1 * r**2, N1 * r**3, N1 * r**4, N1 * r**5, N1 * r**6, N1 * r**7, N1 * r**8, N1 * r**9)
    none = 0 * p.IGG0
    igg = (none, none, none, none, none, p.IGG0, p.IGG0, none * p.V1 * p.WT, 1 + none / p.IGG0)
    return State(*igg, u.TPO0, MK, MK, MK, MK, MK, MK, *ages)


# --- all together ---------------------------------------------------------------------------------------------------


def rhs(s: State, p: Parameters, u: Untreated, infusion: Value) -> State:
    """Rates of change, while `infusion` gram of IgG a day run in.

    Parameters
    ----------
    s, p, u
        State, parameters and untreated steady state, of one patient or of arrays of patients.
    infusion
        Rate of the running infusion [g/day].

    Returns
    -------
    State
        Derivatives of `s`, each in its own unit per day.
    """
    dose = infusion / (p.V1 * p.WT)
    f = igg_elimination(total_igg(s), p)
    infused_exchange = igg_exchange(s.IVIG1, s.IVIG2, p)
    active_exchange = igg_exchange(s.ACT1, s.ACT2, p)
    own_exchange = igg_exchange(s.IGG1, s.IGG2, p)

    N = all_platelets(s)
    rate = immune_clearance(blockade(s.CE, p), autoantibody(s, p), p, u)
    k = spleen_clearance(rate, p) + liver_clearance(rate, p) + haemostatic_use(N, p)
    a = ageing(p)
    ak = a + k

    MK = (s.MK1 + s.MK2 + s.MK3 + s.MK4 + s.MK5 + s.MK6) / 6
    ktr = marrow_transit(p)
    return State(
        IVIG1=dose - f * s.IVIG1 - infused_exchange / p.V1,
        IVIG2=infused_exchange / p.V2,
        ACT1=dose - (f + p.KACT) * s.ACT1 - active_exchange / p.V1,
        ACT2=active_exchange / p.V2 - p.KACT * s.ACT2,
        CE=p.KE0 * (s.ACT1 - s.CE),
        IGG1=p.CL / p.V1 * p.IGG0 - f * s.IGG1 - own_exchange / p.V1,
        IGG2=own_exchange / p.V2,
        OUT=f * s.IVIG1 * p.V1 * p.WT,
        AB=-remission(s.AB, p),
        TPO=p.KTPO * (1 - s.TPO * tpo_removal(circulating_share(p) * N, MK, p)),
        MK1=ktr * (megakaryocyte_input(s.TPO, p) - s.MK1),
        MK2=ktr * (s.MK1 - s.MK2),
        MK3=ktr * (s.MK2 - s.MK3),
        MK4=ktr * (s.MK3 - s.MK4),
        MK5=ktr * (s.MK4 - s.MK5),
        MK6=ktr * (s.MK5 - s.MK6),
        PLT1=platelet_release(s.MK6, p, u) - ak * s.PLT1,
        PLT2=a * s.PLT1 - ak * s.PLT2,
        PLT3=a * s.PLT2 - ak * s.PLT3,
        PLT4=a * s.PLT3 - ak * s.PLT4,
        PLT5=a * s.PLT4 - ak * s.PLT5,
        PLT6=a * s.PLT5 - ak * s.PLT6,
        PLT7=a * s.PLT6 - ak * s.PLT7,
        PLT8=a * s.PLT7 - ak * s.PLT8,
        PLT9=a * s.PLT8 - ak * s.PLT9,
        PLT10=a * s.PLT9 - ak * s.PLT10,
    )


def outputs(s: State, p: Parameters, u: Untreated) -> Outputs:
    """Count, concentrations and named platelet fluxes of a state."""
    N = all_platelets(s)
    blocked = blockade(s.CE, p)
    A = autoantibody(s, p)
    rate = immune_clearance(blocked, A, p, u)
    return Outputs(
        platelets=circulating_share(p) * N,
        igg=total_igg(s),
        infused_igg=s.IVIG1,
        autoantibody=A,
        blockade=blocked,
        tpo=s.TPO,
        production=platelet_release(s.MK6, p, u),
        spleen_clearance=spleen_clearance(rate, p) * N,
        liver_clearance=liver_clearance(rate, p) * N,
        haemostatic_use=haemostatic_use(N, p) * N,
        senescence=ageing(p) * s.PLT10,
    )


# --- what the fields are called -------------------------------------------------------------------------------------


class Label(NamedTuple):
    """Unit, printed symbol and meaning of a field."""

    unit: str
    symbol: str
    meaning: str


def labels(fields: type) -> dict[str, Label]:
    """Labels of the fields of :class:`State`, :class:`Parameters`, :class:`Untreated` or :class:`Outputs`."""
    hints = get_type_hints(fields, include_extras=True)
    return {name: Label(*hint.__metadata__) for name, hint in hints.items()}
