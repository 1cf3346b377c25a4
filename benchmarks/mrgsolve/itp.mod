$PROB
Printed from equations.py by `python -m benchmarks.texts`: do not edit.
$GLOBAL
#define power(x, y) pow(x, y)
const double infusion = 0.0;
double c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36, c37, c38, c39, c40, w0;
$PARAM
p_WT = 0
p_P0 = 0
p_IGG0 = 0
p_CL = 0
p_V1 = 0
p_Q = 0
p_V2 = 0
p_fcrn_effect = 0
p_KM = 0
p_fcrn_block = 0
p_KACT = 0
p_KE0 = 0
p_IC50 = 0
p_GAMMA = 0
p_blockade_effect = 0
p_fcgr_block = 0
p_FIND = 0
p_HA = 0
p_KREM = 0
p_FSPL = 0
p_spleen = 0
p_PHI = 0
p_PN = 0
p_TL = 0
p_JH = 0
p_KH = 0
p_EPS = 0
p_MTT = 0
p_GTPO = 0
p_KTPO = 0
p_FP = 0
p_FM = 0
p_tpo_feedback = 0
p_QN = 0
p_TPO0 = 0
p_KIMM = 0
$CMT
IVIG1
IVIG2
ACT1
ACT2
CE
IGG1
IGG2
OUT
AB
TPO
MK1
MK2
MK3
MK4
MK5
MK6
PLT1
PLT2
PLT3
PLT4
PLT5
PLT6
PLT7
PLT8
PLT9
PLT10
$MAIN
{
localdouble t1 = p_WT * p_V1;
localdouble t2 = 1.0 / p_V1;
localdouble t3 = p_CL * t2;
localdouble t4 = 1.0 / p_IC50;
localdouble t5 = 1.0 - p_fcgr_block;
localdouble t6 = 1.0 - p_FIND;
localdouble t7 = 1.0 - p_PHI;
localdouble t8 = t7 * (1.0 / (t7 + (p_spleen * p_PHI)));
localdouble t9 = p_FP * (1.0 / p_PN);
localdouble t10 = p_FM * 0.16666666666666666;
c0 = p_P0;
c1 = p_IGG0;
c2 = p_fcrn_effect;
c3 = p_KM;
c4 = p_KACT;
c5 = p_KE0;
c6 = p_blockade_effect;
c7 = p_FIND;
c8 = p_KREM;
c9 = p_JH;
c10 = p_KH;
c11 = p_GTPO;
c12 = p_KTPO;
c13 = p_tpo_feedback;
c14 = p_KIMM;
c15 = t1;
c16 = 1.0 / t1;
c17 = p_fcrn_block * (p_IGG0 + p_KM);
c18 = t3;
c19 = t4;
c20 = p_GAMMA * 0.5;
c21 = t5;
c22 = 1.0 / p_IGG0;
c23 = p_HA * 0.5;
c24 = t6;
c25 = p_FSPL * p_spleen;
c26 = 1.0 - p_FSPL;
c27 = 10.0 * (1.0 / p_TL);
c28 = 6.0 * (1.0 / p_MTT);
c29 = p_Q * t2;
c30 = p_Q * (1.0 / p_V2);
c31 = p_IGG0 * t3;
c32 = t8;
c33 = 1.0 - p_FP - p_FM;
c34 = t9;
c35 = t10;
c36 = p_EPS * p_QN;
c37 = t4 * t4;
c38 = t5 * t6;
c39 = p_KTPO * (t9 * (p_tpo_feedback * t8));
c40 = p_KTPO * t10;
}
{
localdouble t1 = 10.0 * (1.0 / p_TL);
localdouble t2 = 1.0 - p_PHI;
localdouble t3 = t2 * (1.0 / (t2 + (p_spleen * p_PHI)));
localdouble t4 = p_JH * (1.0 / (p_KH + (p_P0 * (1.0 / t2))));
localdouble t5 = power(p_TPO0, p_GTPO);
localdouble t6 = t1 * (1.0 / (t4 + (p_KIMM + t1)));
localdouble t7 = t6 * (((p_EPS * p_QN) * t5) * (1.0 / t1));
localdouble t8 = (t2 * t7) * (1.0 / t3);
localdouble t9 = t6 * t6;
localdouble t10 = t6 * t9;
localdouble t11 = t9 * t9;
localdouble t12 = t10 * t10;
localdouble t13 = t11 * t11;
IVIG1_0 = 0.0;
IVIG2_0 = 0.0;
ACT1_0 = 0.0;
ACT2_0 = 0.0;
CE_0 = 0.0;
IGG1_0 = p_IGG0;
IGG2_0 = p_IGG0;
OUT_0 = 0.0;
AB_0 = 1.0;
TPO_0 = p_TPO0;
MK1_0 = t5;
MK2_0 = t5;
MK3_0 = t5;
MK4_0 = t5;
MK5_0 = t5;
MK6_0 = t5;
PLT1_0 = t8;
PLT2_0 = t6 * t8;
PLT3_0 = t8 * t9;
PLT4_0 = t8 * t10;
PLT5_0 = t8 * t11;
PLT6_0 = t8 * (t6 * t11);
PLT7_0 = t8 * t12;
PLT8_0 = t8 * (t6 * t12);
PLT9_0 = t8 * t13;
PLT10_0 = t8 * (t6 * t13);
}
$ODE
localdouble t1 = infusion * c16;
localdouble t2 = IVIG1 + IGG1;
localdouble t3 = (c2 * (t2 - c1 + c17)) * (1.0 / (c3 + t2));
localdouble t4 = c18 * (t3 + 1.0);
localdouble t5 = IVIG1 - IVIG2;
localdouble t6 = ACT1 - ACT2;
localdouble t7 = IGG1 - IGG2;
localdouble t8 = PLT5 + (PLT4 + (PLT3 + (PLT1 + PLT2)));
localdouble t9 = PLT10 + (PLT9 + (PLT8 + (PLT7 + (PLT6 + t8))));
localdouble t10 = CE * c19;
localdouble t11 = power(t10 * t10, c20);
localdouble t12 = 1.0 - ((c6 * t11) * (1.0 / (1.0 + t11)));
localdouble t13 = (IGG1 * AB) * c22;
localdouble t14 = c7 + (c24 * (1.0 - (1.0 - (c21 * t12))));
localdouble t15 = (c14 * power(t13 * t13, c23)) * t14;
localdouble t16 = t15 * c25 + (t15 * c26) + (c9 * (1.0 / (c10 + t9)));
localdouble t17 = t16 + c27;
localdouble t18 = MK6 + (MK5 + (MK4 + (MK3 + (MK1 + MK2))));
localdouble t19 = IVIG1 * t4;
localdouble t20 = c33 + ((c0 + (c13 * (t9 * c32 - c0))) * c34);
dxdt_IVIG1 = t1 - t19 - (t5 * c29);
dxdt_IVIG2 = t5 * c30;
dxdt_ACT1 = t1 - (ACT1 * (c4 + t4)) - (t6 * c29);
dxdt_ACT2 = t6 * c30 - (ACT2 * c4);
dxdt_CE = c5 * (ACT1 - CE);
dxdt_IGG1 = c31 - (IGG1 * t4) - (t7 * c29);
dxdt_IGG2 = t7 * c30;
dxdt_OUT = c15 * t19;
dxdt_AB = -(AB * c8);
dxdt_TPO = c12 * (1.0 - (TPO * (t20 + (t18 * c35))));
dxdt_MK1 = c28 * (power(TPO, c11) - MK1);
dxdt_MK2 = c28 * (MK1 - MK2);
dxdt_MK3 = c28 * (MK2 - MK3);
dxdt_MK4 = c28 * (MK3 - MK4);
dxdt_MK5 = c28 * (MK4 - MK5);
dxdt_MK6 = c28 * (MK5 - MK6);
dxdt_PLT1 = MK6 * c36 - (PLT1 * t17);
dxdt_PLT2 = PLT1 * c27 - (PLT2 * t17);
dxdt_PLT3 = PLT2 * c27 - (PLT3 * t17);
dxdt_PLT4 = PLT3 * c27 - (PLT4 * t17);
dxdt_PLT5 = PLT4 * c27 - (PLT5 * t17);
dxdt_PLT6 = PLT5 * c27 - (PLT6 * t17);
dxdt_PLT7 = PLT6 * c27 - (PLT7 * t17);
dxdt_PLT8 = PLT7 * c27 - (PLT8 * t17);
dxdt_PLT9 = PLT8 * c27 - (PLT9 * t17);
dxdt_PLT10 = PLT9 * c27 - (PLT10 * t17);
$TABLE
localdouble t1 = PLT5 + (PLT4 + (PLT3 + (PLT1 + PLT2)));
localdouble t2 = PLT10 + (PLT9 + (PLT8 + (PLT7 + (PLT6 + t1))));
w0 = t2 * c32;
$CAPTURE w0
