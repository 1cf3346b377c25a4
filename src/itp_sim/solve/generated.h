/* Generated from equations.py and solve/method.py by `python -m itp_sim.generate`: do not edit. */
#define N_states 26
#define N_parameters 33
#define N_untreated 3
#define N_outputs 11
#define N_constants 47
#define N_factors 65
#define N_watched 3
#define PLACE_count 0
#define PLACE_igg 1
#define PLACE_P0 1

#define METHOD_GAMMA 0.21193756319429014
static const double METHOD_STATE[6][5] = {
    {0.0},
    {3.0},
    {2.849394379747939, 0.45842242204463923},
    {-6.954028509809101, 2.489845061869568, -10.358996098473584},
    {2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641},
    {-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946},
};
static const double METHOD_RIGHT[8][7] = {
    {0.0},
    {-14.155112264123755},
    {-17.97296035885952, -2.859693295451294},
    {147.12150275711716, -1.41221402718213, 71.68940251302358},
    {165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306},
    {24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471},
    {30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623, -28.087943162872662},
    {37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002, -54.66780262877968, -9.48861652309627},
};
static const double METHOD_DENSE[3][8] = {
    {25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204, 0.524948541321073, 1.1241088310450404, 0.4272876194431874, -0.17202221070155493},
    {-9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796, 20.176138334709044, 15.98066361424651, -6.789040303419874, -6.710236069923372},
    {11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643, -52.072871366152654, -59.78993625266729, -0.15582684282751913, 4.883087185713722},
};
#define METHOD_STAGES 8
#define METHOD_NEWTON 40
#define METHOD_FIRST_STEP 0.01
#define METHOD_SHORTEST 1e-200
#define METHOD_ABSOLUTE 1.0
#define METHOD_ALLOWED 3.0
#define METHOD_SAFETY 0.9
#define METHOD_SHRINK 0.2
#define METHOD_GROW 6.0
#define METHOD_EXPONENT -0.1
#define METHOD_NONE 1e-14
#define METHOD_STEPS 5000
#define METHOD_UNREACHED 3
#define ELEMENTARY_ROUND 6755399441055744.0
#define ELEMENTARY_HALF_ROOT 4604544271217802189
#define ELEMENTARY_SMALLEST 2.2250738585072014e-308
#define ELEMENTARY_LIMIT 1021.0
static const double ELEMENTARY_LOG[8] = {2.8853900817779268, 0.9617966939259898, 0.5770780163454704, 0.41219858585106456, 0.3205985339264623, 0.26233440174514827, 0.22091186685788852, 0.21367077946267188};
static const double ELEMENTARY_EXP[11] = {0.6931471805599453, 0.24022650695910097, 0.05550410866482166, 0.009618129107606885, 0.0013333558146396004, 0.00015403530441741647, 1.5252733853280778e-05, 1.3215442584937203e-06, 1.0178051728089911e-07, 7.07258647985202e-09, 4.456675463639861e-10};
#define CURVE_RETURN_SHARE 0.1
#define FOLLOW_RETURN_SHARE 0.1
#define FOLLOW_PARTS 4
#define FOLLOW_NO_RISE 1e-09
#define FOLLOW_CLOSE 1e-15
#define FOLLOW_SEARCHES 60

/* Guess of untreated thrombopoietin. */
INLINE void tpo_first(const V *p, V *T)
{
    const V P0 = p[1];
    const V PN = p[22];
    const V FP = p[30];
    const V FM = p[31];
    const V t1 = K(1.0) - FP - FM + ((K(1.0) / PN) * (P0 * FP));
    T[0] = K(1.0) / (FM + t1);
}

/* Newton's next guess after `T`. */
INLINE void tpo_next(const V *p, const V *T, V *next)
{
    const V P0 = p[1];
    const V PN = p[22];
    const V GTPO = p[28];
    const V FP = p[30];
    const V FM = p[31];
    const V t1 = power(T[0], GTPO);
    const V t2 = K(1.0) - FP - FM + ((K(1.0) / PN) * (P0 * FP));
    const V t3 = t2 + (FM * t1);
    const V t4 = (GTPO * t1) * (K(1.0) / (K(1e-300) + T[0]));
    const V t5 = (T[0] * t3 - K(1.0)) * (K(1.0) / (t3 + (T[0] * (FM * t4))));
    next[0] = T[0] - t5;
}

/* Platelets held per platelet entering, in units of one age, and a guess of the share that survives one. */
INLINE void survival_first(const V *p, const V *T, V *held, V *r)
{
    const V P0 = p[1];
    const V PHI = p[21];
    const V PN = p[22];
    const V TL = p[23];
    const V JH = p[24];
    const V KH = p[25];
    const V EPS = p[26];
    const V GTPO = p[28];
    const V t1 = K(10.0) * (K(1.0) / TL);
    const V t2 = K(1.0) / (K(1.0) - PHI);
    const V t3 = PN * t2;
    const V t4 = K(1.0) / (t1 + (JH * (K(1.0) / (KH + t3))));
    const V t5 = t1 * t4;
    const V t6 = K(1.0) + (t5 * (K(1.0) + (t5 * (K(1.0) + t5))));
    const V t7 = t5 * (K(1.0) + (t5 * (K(1.0) + (t5 * t6))));
    const V t8 = K(1.0) + (t5 * (K(1.0) + (t5 * (K(1.0) + t7))));
    const V t9 = (t1 * t3) * (K(1.0) / (t5 * (K(1.0) + (t5 * t8))));
    const V t10 = K(1.0) / (power(T[0], GTPO) * (EPS * t9));
    const V t11 = (t1 * (P0 * t2)) * t10;
    held[0] = t11;
    r[0] = t11 * (K(1.0) / (K(1.0) + t11));
}

/* Newton's next guess after `r`. */
INLINE void survival_next(const V *held, const V *r, V *next)
{
    const V t1 = K(1.0) + r[0];
    const V t2 = K(1.0) + (r[0] * t1);
    const V t3 = K(1.0) + (r[0] * t2);
    const V t4 = K(1.0) + (r[0] * t3);
    const V t5 = K(1.0) + (r[0] * t4);
    const V t6 = K(1.0) + (r[0] * t5);
    const V t7 = K(1.0) + (r[0] * t6);
    const V t8 = K(1.0) + (r[0] * t7);
    const V t9 = K(1.0) + (r[0] * t8);
    const V t10 = t3 + (r[0] * (t2 + (r[0] * (r[0] + t1))));
    const V t11 = r[0] * (t5 + (r[0] * (t4 + (r[0] * t10))));
    const V t12 = t8 + (r[0] * (t7 + (r[0] * (t6 + t11))));
    const V t13 = (r[0] * t9 - held[0]) * (K(1.0) / (t9 + (r[0] * t12)));
    next[0] = r[0] - t13;
}

/* Untreated steady state. */
INLINE void untreated(const V *p, const V *T, const V *r, V *u)
{
    const V P0 = p[1];
    const V PHI = p[21];
    const V PN = p[22];
    const V TL = p[23];
    const V JH = p[24];
    const V KH = p[25];
    const V t1 = K(10.0) * (K(1.0) / TL);
    const V t2 = K(1.0) / (K(1.0) - PHI);
    const V t3 = PN * t2;
    const V t4 = K(1.0) / (t1 + (JH * (K(1.0) / (KH + t3))));
    const V t5 = t1 * t4;
    const V t6 = K(1.0) + (t5 * (K(1.0) + (t5 * (K(1.0) + t5))));
    const V t7 = t5 * (K(1.0) + (t5 * (K(1.0) + (t5 * t6))));
    const V t8 = K(1.0) + (t5 * (K(1.0) + (t5 * (K(1.0) + t7))));
    const V t9 = (t1 * (K(1.0) - r[0])) * (K(1.0) / r[0]);
    u[0] = (t1 * t3) * (K(1.0) / (t5 * (K(1.0) + (t5 * t8))));
    u[1] = T[0];
    u[2] = t9 - (JH * (K(1.0) / (KH + (P0 * t2))));
}

/* State of the untreated patient. */
INLINE void baseline(const V *p, const V *u, V *y)
{
    const V P0 = p[1];
    const V IGG0 = p[2];
    const V spleen = p[20];
    const V PHI = p[21];
    const V TL = p[23];
    const V JH = p[24];
    const V KH = p[25];
    const V EPS = p[26];
    const V GTPO = p[28];
    const V QN = u[0];
    const V TPO0 = u[1];
    const V KIMM = u[2];
    const V t1 = K(10.0) * (K(1.0) / TL);
    const V t2 = K(1.0) - PHI;
    const V t3 = t2 * (K(1.0) / (t2 + (spleen * PHI)));
    const V t4 = JH * (K(1.0) / (KH + (P0 * (K(1.0) / t2))));
    const V t5 = power(TPO0, GTPO);
    const V t6 = t1 * (K(1.0) / (t4 + (KIMM + t1)));
    const V t7 = t6 * (((EPS * QN) * t5) * (K(1.0) / t1));
    const V t8 = (t2 * t7) * (K(1.0) / t3);
    const V t9 = t6 * t6;
    const V t10 = t6 * t9;
    const V t11 = t9 * t9;
    const V t12 = t10 * t10;
    const V t13 = t11 * t11;
    y[0] = K(0.0);
    y[1] = K(0.0);
    y[2] = K(0.0);
    y[3] = K(0.0);
    y[4] = K(0.0);
    y[5] = IGG0;
    y[6] = IGG0;
    y[7] = K(0.0);
    y[8] = K(1.0);
    y[9] = TPO0;
    y[10] = t5;
    y[11] = t5;
    y[12] = t5;
    y[13] = t5;
    y[14] = t5;
    y[15] = t5;
    y[16] = t8;
    y[17] = t6 * t8;
    y[18] = t8 * t9;
    y[19] = t8 * t10;
    y[20] = t8 * t11;
    y[21] = t8 * (t6 * t11);
    y[22] = t8 * t12;
    y[23] = t8 * (t6 * t12);
    y[24] = t8 * t13;
    y[25] = t8 * (t6 * t13);
}

/* What stays the same during the run of a patient with parameters `p` and untreated steady state `u`. */
INLINE void constants(const V *p, const V *u, V *c)
{
    const V WT = p[0];
    const V P0 = p[1];
    const V IGG0 = p[2];
    const V CL = p[3];
    const V V1 = p[4];
    const V Q = p[5];
    const V V2 = p[6];
    const V fcrn_effect = p[7];
    const V KM = p[8];
    const V fcrn_block = p[9];
    const V KACT = p[10];
    const V KE0 = p[11];
    const V IC50 = p[12];
    const V GAMMA = p[13];
    const V blockade_effect = p[14];
    const V fcgr_block = p[15];
    const V FIND = p[16];
    const V HA = p[17];
    const V KREM = p[18];
    const V FSPL = p[19];
    const V spleen = p[20];
    const V PHI = p[21];
    const V PN = p[22];
    const V TL = p[23];
    const V JH = p[24];
    const V KH = p[25];
    const V EPS = p[26];
    const V MTT = p[27];
    const V GTPO = p[28];
    const V KTPO = p[29];
    const V FP = p[30];
    const V FM = p[31];
    const V tpo_feedback = p[32];
    const V QN = u[0];
    const V KIMM = u[2];
    const V t1 = WT * V1;
    const V t2 = K(1.0) / V1;
    const V t3 = CL * t2;
    const V t4 = K(1.0) / IC50;
    const V t5 = K(1.0) - fcgr_block;
    const V t6 = FSPL * spleen;
    const V t7 = K(1.0) - FSPL;
    const V t8 = K(6.0) * (K(1.0) / MTT);
    const V t9 = Q * t2;
    const V t10 = Q * (K(1.0) / V2);
    const V t11 = K(1.0) - PHI;
    const V t12 = t11 * (K(1.0) / (t11 + (spleen * PHI)));
    const V t13 = FP * (K(1.0) / PN);
    const V t14 = FM * K(0.16666666666666666);
    const V t15 = t4 * t4;
    c[0] = WT;
    c[1] = P0;
    c[2] = IGG0;
    c[3] = V1;
    c[4] = V2;
    c[5] = fcrn_effect;
    c[6] = KM;
    c[7] = KACT;
    c[8] = KE0;
    c[9] = blockade_effect;
    c[10] = FIND;
    c[11] = KREM;
    c[12] = JH;
    c[13] = KH;
    c[14] = GTPO;
    c[15] = KTPO;
    c[16] = tpo_feedback;
    c[17] = KIMM;
    c[18] = t1;
    c[19] = K(1.0) / t1;
    c[20] = fcrn_block * (IGG0 + KM);
    c[21] = t3;
    c[22] = t4;
    c[23] = GAMMA * K(0.5);
    c[24] = t5;
    c[25] = K(1.0) / IGG0;
    c[26] = HA * K(0.5);
    c[27] = t5 * (K(1.0) - FIND);
    c[28] = t6;
    c[29] = t7;
    c[30] = t6 + t7;
    c[31] = K(10.0) * (K(1.0) / TL);
    c[32] = t8;
    c[33] = t9;
    c[34] = t10;
    c[35] = IGG0 * t3;
    c[36] = t12;
    c[37] = K(1.0) - FP - FM;
    c[38] = t13;
    c[39] = t14;
    c[40] = EPS * QN;
    c[41] = KACT + t10;
    c[42] = t15 + t15;
    c[43] = KTPO * (t13 * (tpo_feedback * t12));
    c[44] = KTPO * t14;
    c[45] = t9 * t10;
    c[46] = t8 * t8;
}

/* Rates of change `f` of state `y`. */
INLINE void rhs(const V *y, const V *c, const V *infusion, V *f)
{
    const V IVIG1 = y[0];
    const V IVIG2 = y[1];
    const V ACT1 = y[2];
    const V ACT2 = y[3];
    const V CE = y[4];
    const V IGG1 = y[5];
    const V IGG2 = y[6];
    const V AB = y[8];
    const V TPO = y[9];
    const V MK1 = y[10];
    const V MK2 = y[11];
    const V MK3 = y[12];
    const V MK4 = y[13];
    const V MK5 = y[14];
    const V MK6 = y[15];
    const V PLT1 = y[16];
    const V PLT2 = y[17];
    const V PLT3 = y[18];
    const V PLT4 = y[19];
    const V PLT5 = y[20];
    const V PLT6 = y[21];
    const V PLT7 = y[22];
    const V PLT8 = y[23];
    const V PLT9 = y[24];
    const V PLT10 = y[25];
    const V P0 = c[1];
    const V IGG0 = c[2];
    const V fcrn_effect = c[5];
    const V KM = c[6];
    const V KACT = c[7];
    const V KE0 = c[8];
    const V blockade_effect = c[9];
    const V FIND = c[10];
    const V KREM = c[11];
    const V JH = c[12];
    const V KH = c[13];
    const V GTPO = c[14];
    const V KTPO = c[15];
    const V tpo_feedback = c[16];
    const V KIMM = c[17];
    const V t1 = infusion[0] * c[19];
    const V t2 = IVIG1 + IGG1;
    const V t3 = (fcrn_effect * (t2 - IGG0 + c[20])) * (K(1.0) / (KM + t2));
    const V t4 = c[21] * (t3 + K(1.0));
    const V t5 = IVIG1 - IVIG2;
    const V t6 = ACT1 - ACT2;
    const V t7 = IGG1 - IGG2;
    const V t8 = PLT5 + (PLT4 + (PLT3 + (PLT1 + PLT2)));
    const V t9 = PLT10 + (PLT9 + (PLT8 + (PLT7 + (PLT6 + t8))));
    const V t10 = CE * c[22];
    const V t11 = power(t10 * t10, c[23]);
    const V t12 = (blockade_effect * t11) * (K(1.0) / (K(1.0) + t11));
    const V t13 = (IGG1 * AB) * c[25];
    const V t14 = (KIMM * power(t13 * t13, c[26])) * (FIND + ((K(1.0) - t12) * c[27]));
    const V t15 = t14 * c[30] + (JH * (K(1.0) / (KH + t9)));
    const V t16 = t15 + c[31];
    const V t17 = MK6 + (MK5 + (MK4 + (MK3 + (MK1 + MK2))));
    const V t18 = IVIG1 * t4;
    const V t19 = P0 + (tpo_feedback * (t9 * c[36] - P0));
    const V t20 = c[37] + (t19 * c[38]) + (t17 * c[39]);
    f[0] = t1 - t18 - (t5 * c[33]);
    f[1] = t5 * c[34];
    f[2] = t1 - (ACT1 * (KACT + t4)) - (t6 * c[33]);
    f[3] = t6 * c[34] - (ACT2 * KACT);
    f[4] = KE0 * (ACT1 - CE);
    f[5] = c[35] - (IGG1 * t4) - (t7 * c[33]);
    f[6] = t7 * c[34];
    f[7] = c[18] * t18;
    f[8] = -(AB * KREM);
    f[9] = KTPO * (K(1.0) - (TPO * t20));
    f[10] = c[32] * (power(TPO, GTPO) - MK1);
    f[11] = c[32] * (MK1 - MK2);
    f[12] = c[32] * (MK2 - MK3);
    f[13] = c[32] * (MK3 - MK4);
    f[14] = c[32] * (MK4 - MK5);
    f[15] = c[32] * (MK5 - MK6);
    f[16] = MK6 * c[40] - (PLT1 * t16);
    f[17] = PLT1 * c[31] - (PLT2 * t16);
    f[18] = PLT2 * c[31] - (PLT3 * t16);
    f[19] = PLT3 * c[31] - (PLT4 * t16);
    f[20] = PLT4 * c[31] - (PLT5 * t16);
    f[21] = PLT5 * c[31] - (PLT6 * t16);
    f[22] = PLT6 * c[31] - (PLT7 * t16);
    f[23] = PLT7 * c[31] - (PLT8 * t16);
    f[24] = PLT8 * c[31] - (PLT9 * t16);
    f[25] = PLT9 * c[31] - (PLT10 * t16);
}

/* Rates of change `f` of state `y`, and factors `m` of the step matrix, scale I minus the Jacobian. */
INLINE void linearise(const V *y, const V *c, const V *infusion, const V *scale, V *f, V *m)
{
    const V IVIG1 = y[0];
    const V IVIG2 = y[1];
    const V ACT1 = y[2];
    const V ACT2 = y[3];
    const V CE = y[4];
    const V IGG1 = y[5];
    const V IGG2 = y[6];
    const V AB = y[8];
    const V TPO = y[9];
    const V MK1 = y[10];
    const V MK2 = y[11];
    const V MK3 = y[12];
    const V MK4 = y[13];
    const V MK5 = y[14];
    const V MK6 = y[15];
    const V PLT1 = y[16];
    const V PLT2 = y[17];
    const V PLT3 = y[18];
    const V PLT4 = y[19];
    const V PLT5 = y[20];
    const V PLT6 = y[21];
    const V PLT7 = y[22];
    const V PLT8 = y[23];
    const V PLT9 = y[24];
    const V PLT10 = y[25];
    const V P0 = c[1];
    const V IGG0 = c[2];
    const V fcrn_effect = c[5];
    const V KM = c[6];
    const V KACT = c[7];
    const V KE0 = c[8];
    const V blockade_effect = c[9];
    const V FIND = c[10];
    const V KREM = c[11];
    const V JH = c[12];
    const V KH = c[13];
    const V GTPO = c[14];
    const V KTPO = c[15];
    const V tpo_feedback = c[16];
    const V KIMM = c[17];
    const V t1 = infusion[0] * c[19];
    const V t2 = IVIG1 + IGG1;
    const V t3 = fcrn_effect * (t2 - IGG0 + c[20]);
    const V t4 = K(1.0) / (KM + t2);
    const V t5 = c[21] * (t3 * t4 + K(1.0));
    const V t6 = IVIG1 - IVIG2;
    const V t7 = ACT1 - ACT2;
    const V t8 = IGG1 - IGG2;
    const V t9 = PLT5 + (PLT4 + (PLT3 + (PLT1 + PLT2)));
    const V t10 = PLT10 + (PLT9 + (PLT8 + (PLT7 + (PLT6 + t9))));
    const V t11 = CE * c[22];
    const V t12 = t11 * t11;
    const V t13 = power(t12, c[23]);
    const V t14 = blockade_effect * t13;
    const V t15 = K(1.0) / (K(1.0) + t13);
    const V t16 = (IGG1 * AB) * c[25];
    const V t17 = t16 * t16;
    const V t18 = power(t17, c[26]);
    const V t19 = KIMM * t18;
    const V t20 = FIND + ((K(1.0) - (t14 * t15)) * c[27]);
    const V t21 = K(1.0) / (KH + t10);
    const V t22 = (t19 * t20) * c[30] + (JH * t21) + c[31];
    const V t23 = MK6 + (MK5 + (MK4 + (MK3 + (MK1 + MK2))));
    const V t24 = IVIG1 * t5;
    const V t25 = KACT + t5;
    const V t26 = P0 + (tpo_feedback * (t10 * c[36] - P0));
    const V t27 = c[37] + (t26 * c[38]) + (t23 * c[39]);
    const V t28 = power(TPO, GTPO);
    const V t29 = c[21] * (fcrn_effect * t4 - (t3 * (t4 * t4)));
    const V t30 = IVIG1 * t29;
    const V t31 = t5 + t30;
    const V t32 = ACT1 * t29;
    const V t33 = IGG1 * t29;
    const V t34 = c[26] * t18;
    const V t35 = K(1.0) / (t17 + K(1e-300));
    const V t36 = (K(1.0) / (t12 + K(1e-300))) * ((c[23] * t13) * (CE * c[42]));
    const V t37 = t14 * ((t15 * t15) * t36) - (t15 * (blockade_effect * t36));
    const V t38 = t16 * (AB * c[25]);
    const V t39 = t20 * (KIMM * (t35 * (t34 * (t38 + t38))));
    const V t40 = t16 * (IGG1 * c[25]);
    const V t41 = t20 * (KIMM * (t35 * (t34 * (t40 + t40))));
    const V t42 = (GTPO * t28) * (K(1.0) / (TPO + K(1e-300)));
    const V t43 = scale[0] + c[32];
    const V t44 = TPO * c[43];
    const V t45 = TPO * c[44];
    const V t46 = K(1.0) / (KREM + scale[0]);
    const V t47 = K(1.0) / (scale[0] + c[34]);
    const V t48 = t47 * c[45];
    const V t49 = K(1.0) / (scale[0] + c[41]);
    const V t50 = scale[0] + (c[33] + t25) - (c[45] * t49);
    const V t51 = K(1.0) / (KE0 + scale[0]);
    const V t52 = (c[30] * (t19 * (c[27] * t37))) * t51;
    const V t53 = scale[0] + (c[33] + (t5 + t33)) - t48;
    const V t54 = K(1.0) / (scale[0] + (c[33] + t31) - t48);
    const V t55 = t32 * t54;
    const V t56 = t33 * t54;
    const V t57 = K(1.0) / (t53 - (t30 * t56));
    const V t58 = K(1.0) / t50;
    const V t59 = K(1.0) / (scale[0] + (KTPO * t27));
    const V t60 = (c[32] * t42) * t59;
    const V t61 = t44 * t60;
    const V t62 = t45 * t60;
    const V t63 = K(1.0) / t43;
    const V t64 = c[32] * t63;
    const V t65 = t63 * c[46];
    const V t66 = t64 * t65;
    const V t67 = t64 * t66;
    const V t68 = K(-1.0) - t64 - (t63 * t65) - (t63 * t66);
    const V t69 = t64 * t67;
    const V t70 = c[40] * t63;
    const V t71 = t68 - (t63 * t67) - (t63 * t69);
    const V t72 = K(1.0) / (t43 - (t62 * t71));
    const V t73 = (t69 * t70) * t72;
    const V t74 = t61 * t73;
    const V t75 = K(1.0) / (scale[0] + t22);
    const V t76 = c[31] * t75;
    const V t77 = t75 * (K(-1.0) - t76);
    const V t78 = t75 * (K(-1.0) + (c[31] * t77));
    const V t79 = PLT10 * t75 - (PLT9 * t77) - (PLT8 * t78);
    const V t80 = t75 * (K(-1.0) + (c[31] * t78));
    const V t81 = t75 * (K(-1.0) + (c[31] * t80));
    const V t82 = t75 * (K(-1.0) + (c[31] * t81));
    const V t83 = t79 - (PLT7 * t80) - (PLT6 * t81) - (PLT5 * t82);
    const V t84 = t75 * (K(-1.0) + (c[31] * t82));
    const V t85 = t75 * (K(-1.0) + (c[31] * t84));
    const V t86 = t75 * (K(-1.0) + (c[31] * t85));
    const V t87 = t83 - (PLT4 * t84) - (PLT3 * t85) - (PLT2 * t86);
    const V t88 = t75 * (K(-1.0) + (c[31] * t86));
    const V t89 = t87 - (PLT1 * t88);
    const V t90 = K(1.0) / (K(1.0) - (t74 * t88));
    const V t91 = (JH * (t21 * t21)) * t90;
    const V t92 = K(1.0) / (K(1.0) - (t89 * t91));
    f[0] = t1 - t24 - (t6 * c[33]);
    f[1] = t6 * c[34];
    f[2] = t1 - (ACT1 * t25) - (t7 * c[33]);
    f[3] = t7 * c[34] - (ACT2 * KACT);
    f[4] = KE0 * (ACT1 - CE);
    f[5] = c[35] - (IGG1 * t5) - (t8 * c[33]);
    f[6] = t8 * c[34];
    f[7] = c[18] * t24;
    f[8] = -(AB * KREM);
    f[9] = KTPO * (K(1.0) - (TPO * t27));
    f[10] = c[32] * (t28 - MK1);
    f[11] = c[32] * (MK1 - MK2);
    f[12] = c[32] * (MK2 - MK3);
    f[13] = c[32] * (MK3 - MK4);
    f[14] = c[32] * (MK4 - MK5);
    f[15] = c[32] * (MK5 - MK6);
    f[16] = MK6 * c[40] - (PLT1 * t22);
    f[17] = PLT1 * c[31] - (PLT2 * t22);
    f[18] = PLT2 * c[31] - (PLT3 * t22);
    f[19] = PLT3 * c[31] - (PLT4 * t22);
    f[20] = PLT4 * c[31] - (PLT5 * t22);
    f[21] = PLT5 * c[31] - (PLT6 * t22);
    f[22] = PLT6 * c[31] - (PLT7 * t22);
    f[23] = PLT7 * c[31] - (PLT8 * t22);
    f[24] = PLT8 * c[31] - (PLT9 * t22);
    f[25] = PLT9 * c[31] - (PLT10 * t22);
    m[0] = t45;
    m[1] = K(1.0) / scale[0];
    m[2] = t46;
    m[3] = (c[30] * t41) * t46;
    m[4] = t47;
    m[5] = c[33] * t47;
    m[6] = t49;
    m[7] = c[33] * t49;
    m[8] = t51;
    m[9] = t52;
    m[10] = t54;
    m[11] = t55;
    m[12] = t56;
    m[13] = t57;
    m[14] = (t32 - (t30 * t55)) * t57;
    m[15] = (c[30] * t39) * t57;
    m[16] = t58;
    m[17] = (KE0 * t52) * t58;
    m[18] = t59;
    m[19] = t60;
    m[20] = t63;
    m[21] = t64;
    m[22] = t70;
    m[23] = t72;
    m[24] = t73;
    m[25] = t75;
    m[26] = t76;
    m[27] = t77;
    m[28] = t78;
    m[29] = t80;
    m[30] = t81;
    m[31] = t82;
    m[32] = t84;
    m[33] = t85;
    m[34] = t86;
    m[35] = t88;
    m[36] = t91;
    m[37] = t62 * t63;
    m[38] = t89 * t92;
    m[39] = PLT1 * t92;
    m[40] = t74 * t90;
    m[41] = PLT2 * t92;
    m[42] = PLT3 * t92;
    m[43] = PLT4 * t92;
    m[44] = PLT5 * t92;
    m[45] = PLT6 * t92;
    m[46] = PLT7 * t92;
    m[47] = PLT8 * t92;
    m[48] = PLT9 * t92;
    m[49] = PLT10 * t92;
    m[50] = t61 * t90;
    m[51] = t71 * t72;
    m[52] = t69 * t72;
    m[53] = t67 * t72;
    m[54] = t66 * t72;
    m[55] = t65 * t72;
    m[56] = c[32] * t72;
    m[57] = t44 * t90;
    m[58] = t30 * t57;
    m[59] = c[34] * t57;
    m[60] = KE0 * t58;
    m[61] = c[34] * t58;
    m[62] = c[34] * t54;
    m[63] = (c[18] * t30) * t57;
    m[64] = (c[18] * t31) * t54;
}

/* Solution `x` of the system for `b`. */
INLINE void substitute(const V *b, const V *m, const V *c, V *x)
{
    const V b_IVIG1 = b[0];
    const V b_IVIG2 = b[1];
    const V b_ACT1 = b[2];
    const V b_ACT2 = b[3];
    const V b_CE = b[4];
    const V b_IGG1 = b[5];
    const V b_IGG2 = b[6];
    const V b_OUT = b[7];
    const V b_AB = b[8];
    const V b_TPO = b[9];
    const V b_MK1 = b[10];
    const V b_MK2 = b[11];
    const V b_MK3 = b[12];
    const V b_MK4 = b[13];
    const V b_MK5 = b[14];
    const V b_MK6 = b[15];
    const V b_PLT1 = b[16];
    const V b_PLT2 = b[17];
    const V b_PLT3 = b[18];
    const V b_PLT4 = b[19];
    const V b_PLT5 = b[20];
    const V b_PLT6 = b[21];
    const V b_PLT7 = b[22];
    const V b_PLT8 = b[23];
    const V b_PLT9 = b[24];
    const V b_PLT10 = b[25];
    const V t1 = b_IVIG1 + (b_IVIG2 * m[5]);
    const V t2 = b_IGG1 + (b_IGG2 * m[5]) - (m[12] * t1);
    const V t3 = b_ACT1 + (b_ACT2 * m[7]) - (m[11] * t1);
    const V t4 = t3 - (m[14] * t2);
    const V t5 = b_MK3 + (b_MK2 * m[21]);
    const V t6 = b_MK4 + (m[21] * t5);
    const V t7 = b_MK5 + (m[21] * t6);
    const V t8 = b_MK6 + (m[21] * t7);
    const V t9 = b_MK2 + t5 + t6 + t7 + t8;
    const V t10 = b_MK1 + (b_TPO * m[19]) - (t9 * m[37]);
    const V t11 = b_PLT1 + (m[22] * t8) + (m[24] * t10);
    const V t12 = b_PLT10 * m[25] - (b_PLT9 * m[27]) - (b_PLT8 * m[28]);
    const V t13 = t12 - (b_PLT7 * m[29]) - (b_PLT6 * m[30]);
    const V t14 = t13 - (b_PLT5 * m[31]) - (b_PLT4 * m[32]);
    const V t15 = t14 - (b_PLT3 * m[33]) - (b_PLT2 * m[34]);
    const V t16 = t15 - (m[35] * t11);
    const V t17 = b_AB * m[3] + (b_CE * m[9]) + (m[15] * t2);
    const V t18 = t17 + (m[17] * t4) - (m[36] * t16);
    const V t19 = t16 - (t18 * m[38]);
    const V t20 = t11 - (t18 * m[39]) - (t19 * m[40]);
    const V t21 = b_PLT2 - (t18 * m[41]) + (m[26] * t20);
    const V t22 = b_PLT3 - (t18 * m[42]) + (m[26] * t21);
    const V t23 = b_PLT4 - (t18 * m[43]) + (m[26] * t22);
    const V t24 = b_PLT5 - (t18 * m[44]) + (m[26] * t23);
    const V t25 = b_PLT6 - (t18 * m[45]) + (m[26] * t24);
    const V t26 = b_PLT7 - (t18 * m[46]) + (m[26] * t25);
    const V t27 = b_PLT8 - (t18 * m[47]) + (m[26] * t26);
    const V t28 = b_PLT9 - (t18 * m[48]) + (m[26] * t27);
    const V t29 = b_PLT10 - (t18 * m[49]) + (m[26] * t28);
    const V t30 = t10 - (t19 * m[50]);
    const V t31 = b_TPO - (t19 * m[57]) - (m[0] * (m[20] * t9 - (t30 * m[51])));
    const V t32 = t1 - (t2 * m[58]);
    x[0] = m[10] * t32;
    x[1] = m[4] * (b_IVIG2 + (t32 * m[62]));
    x[2] = m[16] * t4;
    x[3] = m[6] * (b_ACT2 + (t4 * m[61]));
    x[4] = m[8] * (b_CE + (t4 * m[60]));
    x[5] = m[13] * t2;
    x[6] = m[4] * (b_IGG2 + (t2 * m[59]));
    x[7] = m[1] * (b_OUT + (t2 * m[63]) + (t32 * m[64]));
    x[8] = b_AB * m[2];
    x[9] = m[18] * t31;
    x[10] = m[23] * t30;
    x[11] = m[20] * (b_MK2 + (t30 * m[56]));
    x[12] = m[20] * (t5 + (t30 * m[55]));
    x[13] = m[20] * (t6 + (t30 * m[54]));
    x[14] = m[20] * (t7 + (t30 * m[53]));
    x[15] = m[20] * (t8 + (t30 * m[52]));
    x[16] = m[25] * t20;
    x[17] = m[25] * t21;
    x[18] = m[25] * t22;
    x[19] = m[25] * t23;
    x[20] = m[25] * t24;
    x[21] = m[25] * t25;
    x[22] = m[25] * t26;
    x[23] = m[25] * t27;
    x[24] = m[25] * t28;
    x[25] = m[25] * t29;
}

/* Outputs `out` of state `y`. */
INLINE void observe(const V *y, const V *c, V *out)
{
    const V IVIG1 = y[0];
    const V CE = y[4];
    const V IGG1 = y[5];
    const V AB = y[8];
    const V TPO = y[9];
    const V MK6 = y[15];
    const V PLT1 = y[16];
    const V PLT2 = y[17];
    const V PLT3 = y[18];
    const V PLT4 = y[19];
    const V PLT5 = y[20];
    const V PLT6 = y[21];
    const V PLT7 = y[22];
    const V PLT8 = y[23];
    const V PLT9 = y[24];
    const V PLT10 = y[25];
    const V blockade_effect = c[9];
    const V FIND = c[10];
    const V JH = c[12];
    const V KH = c[13];
    const V KIMM = c[17];
    const V t1 = PLT5 + (PLT4 + (PLT3 + (PLT1 + PLT2)));
    const V t2 = PLT10 + (PLT9 + (PLT8 + (PLT7 + (PLT6 + t1))));
    const V t3 = CE * c[22];
    const V t4 = power(t3 * t3, c[23]);
    const V t5 = (blockade_effect * t4) * (K(1.0) / (K(1.0) + t4));
    const V t6 = K(1.0) - t5;
    const V t7 = (IGG1 * AB) * c[25];
    const V t8 = (KIMM * power(t7 * t7, c[26])) * (FIND + (t6 * c[27]));
    out[0] = t2 * c[36];
    out[1] = IVIG1 + IGG1;
    out[2] = IVIG1;
    out[3] = t7;
    out[4] = K(1.0) - (c[24] * t6);
    out[5] = TPO;
    out[6] = MK6 * c[40];
    out[7] = t2 * (t8 * c[28]);
    out[8] = t2 * (t8 * c[29]);
    out[9] = t2 * (JH * (K(1.0) / (KH + t2)));
    out[10] = PLT10 * c[31];
}

/* Count, total plasma IgG, and gram infused so far that are in the body or gone. */
INLINE void watch(const V *y, const V *c, V *w)
{
    const V IVIG1 = y[0];
    const V IVIG2 = y[1];
    const V IGG1 = y[5];
    const V OUT = y[7];
    const V PLT1 = y[16];
    const V PLT2 = y[17];
    const V PLT3 = y[18];
    const V PLT4 = y[19];
    const V PLT5 = y[20];
    const V PLT6 = y[21];
    const V PLT7 = y[22];
    const V PLT8 = y[23];
    const V PLT9 = y[24];
    const V PLT10 = y[25];
    const V WT = c[0];
    const V V1 = c[3];
    const V V2 = c[4];
    const V t1 = PLT5 + (PLT4 + (PLT3 + (PLT1 + PLT2)));
    const V t2 = PLT10 + (PLT9 + (PLT8 + (PLT7 + (PLT6 + t1))));
    w[0] = t2 * c[36];
    w[1] = IVIG1 + IGG1;
    w[2] = OUT + (WT * (IVIG1 * V1 + (IVIG2 * V2)));
}
