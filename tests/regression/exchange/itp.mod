$PROB
itp_sim: platelets in immune thrombocytopenia under IVIG, adult_chronic, 70 g over 5 h daily x 2: 2 x 70 g = 140 g, 2 g/kg at 70 kg, 5 h each (Gamunex-C)
For research and education only. Not for choosing a dose or treating a patient.
Platelets made by the marrow, cleared by spleen and liver, clearance blocked by infused IgG: a model of immune thrombocytopenia under intravenous immunoglobulin, printed by itp_sim from its running equations.
Patient: adult_chronic, 70 kg, untreated count 10 x 10^9/L.
Infused: 70 g over 5 h daily x 2: 2 x 70 g = 140 g, 2 g/kg at 70 kg, 5 h each (Gamunex-C).
Time in days from the start of the first infusion, counts in 10^9/L, IgG in g/L, doses in g. The state on day 0 is the untreated steady state.
QN, TPO0 and KIMM were found by Newton's method from P0, PHI, PN, TL, JH, KH, EPS, GTPO, FP and FM, and are given as numbers: to change one of those, export the model again. Every other parameter can be changed here.
Not validated: itp_sim has never run this file in R; its text was compared with the equations.
In R:
library(mrgsolve)
model <- mread("itp")
doses <- data.frame(
  ID = 1, evid = 1,
  time = c(0.0, 0.0, 1.0, 1.0),
  amt = c(20.0, 20.0, 20.0, 20.0),
  rate = c(96.0, 96.0, 96.00000000000003, 96.00000000000003),
  cmt = c(1, 3, 1, 3)
)
run <- mrgsim_d(model, doses, end = 42, delta = 0.125)
$GLOBAL
const double infusion = 0.0; // infusions come as doses
double ageing, marrow_transit, circulating_share, platelets, igg, infused_igg, autoantibody, blockade, tpo, production, spleen_clearance, liver_clearance, haemostatic_use, senescence;
$PARAM
p_WT = 70.0 // body weight [kg]
p_P0 = 10.0 // the patient's own untreated platelet count [1e9/L]
p_IGG0 = 10.0 // the patient's own untreated plasma IgG [g/L]
p_CL = 0.003 // clearance of IgG from plasma at the untreated IgG level [L/day/kg]
p_V1 = 0.05 // volume of plasma IgG [L/kg]
p_Q = 0.015 // exchange of IgG between plasma and tissue [L/day/kg]
p_V2 = 0.05 // volume of tissue IgG [L/kg]
p_fcrn_effect = 3.0 // largest relative gain in IgG clearance when FcRn recycling saturates [1]
p_KM = 15.0 // plasma IgG at half saturation of FcRn recycling [g/L]
p_fcrn_block = 0.0 // share of FcRn recycling that another drug blocks from day 0 [1]
p_KACT = 0.05 // loss of blocking potency of infused IgG [1/day]
p_KE0 = 1.0 // equilibration of plasma with the phagocytes [1/day]
p_IC50 = 3.0 // infused IgG at the phagocytes that blocks half [g/L]
p_GAMMA = 3.0 // steepness of the blockade [1]
p_blockade_effect = 1.0 // largest share of Fc-gamma clearance that infused IgG can block [1]
p_fcgr_block = 0.0 // share of Fc-gamma clearance that another drug blocks from day 0 [1]
p_FIND = 0.05 // share of immune clearance that needs no Fc-gamma receptor [1]
p_HA = 1.5 // power of immune clearance on autoantibody [1]
p_KREM = 0.01 // spontaneous remission: waning of autoantibody, 0 in chronic disease [1/day]
p_FSPL = 0.6 // share of immune clearance done by the spleen [1]
p_spleen = 1.0 // spleen left in place: 1 intact, 0 removed on day 0 [1]
p_PHI = 0.3 // share of platelets pooled in an intact spleen [1]
p_PN = 250.0 // platelet count in health [1e9/L]
p_TL = 10.0 // platelet lifespan with no loss but ageing [day]
p_JH = 7.0 // largest platelet use for haemostasis [1e9/L/day]
p_KH = 10.0 // platelets at which haemostatic use is half its largest [1e9/L]
p_EPS = 1.2 // platelets released per megakaryocyte, relative to health [1]
p_MTT = 5.0 // mean transit time through the marrow [day]
p_GTPO = 3.0 // power of megakaryocyte input on thrombopoietin [1]
p_KTPO = 0.5 // turnover of thrombopoietin in health [1/day]
p_FP = 0.6 // share of thrombopoietin removed by platelets in health [1]
p_FM = 0.3 // share of thrombopoietin removed by megakaryocytes in health [1]
p_tpo_feedback = 1.0 // share of a change in count that thrombopoietin senses: 1 all, 0 none [1]
p_QN = 39.565457954878795 // platelet production in health [1e9/L/day]
p_TPO0 = 1.293420796971277 // untreated thrombopoietin, relative to health [1]
p_KIMM = 6.903190471429585 // untreated immune clearance per platelet [1/day]
$CMT
IVIG1 // infused IgG in plasma [g/L]
IVIG2 // infused IgG in tissue [g/L]
ACT1 // infused IgG that can still block, in plasma [g/L]
ACT2 // infused IgG that can still block, in tissue [g/L]
CE // blocking IgG at the phagocytes [g/L]
IGG1 // the patient's own IgG in plasma [g/L]
IGG2 // the patient's own IgG in tissue [g/L]
OUT // infused IgG eliminated so far [g]
AB // autoantibody in the patient's own IgG, relative to untreated [1]
TPO // thrombopoietin, relative to health [1]
MK1 // megakaryocytes, youngest of six stages, relative to health [1]
MK2 // megakaryocytes, stage 2 [1]
MK3 // megakaryocytes, stage 3 [1]
MK4 // megakaryocytes, stage 4 [1]
MK5 // megakaryocytes, stage 5 [1]
MK6 // megakaryocytes, releasing platelets [1]
PLT1 // platelets, youngest of ten ages, in blood and spleen per litre of blood [1e9/L]
PLT2 // platelets, age 2 [1e9/L]
PLT3 // platelets, age 3 [1e9/L]
PLT4 // platelets, age 4 [1e9/L]
PLT5 // platelets, age 5 [1e9/L]
PLT6 // platelets, age 6 [1e9/L]
PLT7 // platelets, age 7 [1e9/L]
PLT8 // platelets, age 8 [1e9/L]
PLT9 // platelets, age 9 [1e9/L]
PLT10 // platelets, oldest [1e9/L]
$MAIN
// Rate of passing from one of the ten ages to the next [1/day].
ageing = 10.0 / p_TL;
// Rate of passing from one of the six marrow stages to the next, KTR [1/day].
marrow_transit = 6.0 / p_MTT;
// Share of platelets that is counted in blood; the rest is pooled in what is left of the spleen.
circulating_share = (1.0 - p_PHI) / (1.0 - p_PHI + p_spleen * p_PHI);
IVIG1_0 = 0.0 * p_IGG0;
IVIG2_0 = 0.0 * p_IGG0;
ACT1_0 = 0.0 * p_IGG0;
ACT2_0 = 0.0 * p_IGG0;
CE_0 = 0.0 * p_IGG0;
IGG1_0 = p_IGG0;
IGG2_0 = p_IGG0;
OUT_0 = 0.0 * p_IGG0 * p_V1 * p_WT;
AB_0 = 1.0 + 0.0 * p_IGG0 / p_IGG0;
TPO_0 = p_TPO0;
MK1_0 = pow(p_TPO0, p_GTPO);
MK2_0 = pow(p_TPO0, p_GTPO);
MK3_0 = pow(p_TPO0, p_GTPO);
MK4_0 = pow(p_TPO0, p_GTPO);
MK5_0 = pow(p_TPO0, p_GTPO);
MK6_0 = pow(p_TPO0, p_GTPO);
PLT1_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share;
PLT2_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)));
PLT3_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * pow(ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)), 2.0);
PLT4_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * pow(ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)), 3.0);
PLT5_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * pow(ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)), 4.0);
PLT6_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * pow(ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)), 5.0);
PLT7_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * pow(ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)), 6.0);
PLT8_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * pow(ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)), 7.0);
PLT9_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * pow(ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)), 8.0);
PLT10_0 = p_QN * p_EPS * pow(p_TPO0, p_GTPO) / ageing * (ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH))) * (1.0 - p_PHI) / circulating_share * pow(ageing / (ageing + p_KIMM + p_JH / (p_P0 / (1.0 - p_PHI) + p_KH)), 9.0);
$ODE
// Plasma IgG, infused and own [g/L].
localdouble igg = IVIG1 + IGG1;
// Fraction of plasma IgG lost per day at total plasma IgG `C` [1/day]: recycling by FcRn saturates.
localdouble igg_elimination = p_CL / p_V1 * (1.0 + p_fcrn_effect * (igg - p_IGG0 + p_fcrn_block * (p_KM + p_IGG0)) / (p_KM + igg));
// Platelets in blood and spleen, per litre of blood [1e9/L].
localdouble all_platelets = PLT1 + PLT2 + PLT3 + PLT4 + PLT5 + PLT6 + PLT7 + PLT8 + PLT9 + PLT10;
// Share of Fc-gamma receptor clearance that is blocked.
localdouble blockade = 1.0 - (1.0 - p_fcgr_block) * (1.0 - p_blockade_effect * pow(pow(CE / p_IC50, 2.0), p_GAMMA / 2.0) / (1.0 + pow(pow(CE / p_IC50, 2.0), p_GAMMA / 2.0)));
// Autoantibody relative to untreated: it shares the fate of the patient's own IgG, and wanes in remission.
localdouble autoantibody = AB * IGG1 / p_IGG0;
// Immune clearance per platelet with a share `blocked` and autoantibody `A` [1/day], the spleen in place.
localdouble immune_clearance = p_KIMM * pow(pow(autoantibody, 2.0), p_HA / 2.0) * (p_FIND + (1.0 - p_FIND) * (1.0 - blockade));
// The spleen's part of the immune clearance `rate` per platelet [1/day].
localdouble spleen_clearance_rate = p_spleen * p_FSPL * immune_clearance;
// The liver's part of the immune clearance `rate` per platelet [1/day].
localdouble liver_clearance_rate = (1.0 - p_FSPL) * immune_clearance;
// Use per platelet for keeping vessels tight [1/day]: a fixed amount, as long as there are platelets.
localdouble haemostatic_use_rate = p_JH / (all_platelets + p_KH);
// Loss of autoantibody from the patient's own IgG as the disease goes by itself [1/day].
localdouble remission = p_KREM * AB;
// Removal of thrombopoietin by platelets, megakaryocytes and other tissue, relative to health.
localdouble tpo_removal = 1.0 - p_FP - p_FM + p_FP * (p_P0 + p_tpo_feedback * (circulating_share * all_platelets - p_P0)) / p_PN + p_FM * ((MK1 + MK2 + MK3 + MK4 + MK5 + MK6) / 6.0);
// New megakaryocytes, relative to health.
localdouble megakaryocyte_input = pow(TPO, p_GTPO);
// Platelets released by the marrow [1e9/L/day].
localdouble production = p_QN * p_EPS * MK6;
dxdt_IVIG1 = infusion / (p_V1 * p_WT) - igg_elimination * IVIG1 - p_Q * (IVIG1 - IVIG2) / p_V1;
dxdt_IVIG2 = p_Q * (IVIG1 - IVIG2) / p_V2;
dxdt_ACT1 = infusion / (p_V1 * p_WT) - (igg_elimination + p_KACT) * ACT1 - p_Q * (ACT1 - ACT2) / p_V1;
dxdt_ACT2 = p_Q * (ACT1 - ACT2) / p_V2 - p_KACT * ACT2;
dxdt_CE = p_KE0 * (ACT1 - CE);
dxdt_IGG1 = p_CL / p_V1 * p_IGG0 - igg_elimination * IGG1 - p_Q * (IGG1 - IGG2) / p_V1;
dxdt_IGG2 = p_Q * (IGG1 - IGG2) / p_V2;
dxdt_OUT = igg_elimination * IVIG1 * p_V1 * p_WT;
dxdt_AB = -remission;
dxdt_TPO = p_KTPO * (1.0 - TPO * tpo_removal);
dxdt_MK1 = marrow_transit * (megakaryocyte_input - MK1);
dxdt_MK2 = marrow_transit * (MK1 - MK2);
dxdt_MK3 = marrow_transit * (MK2 - MK3);
dxdt_MK4 = marrow_transit * (MK3 - MK4);
dxdt_MK5 = marrow_transit * (MK4 - MK5);
dxdt_MK6 = marrow_transit * (MK5 - MK6);
dxdt_PLT1 = production - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT1;
dxdt_PLT2 = ageing * PLT1 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT2;
dxdt_PLT3 = ageing * PLT2 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT3;
dxdt_PLT4 = ageing * PLT3 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT4;
dxdt_PLT5 = ageing * PLT4 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT5;
dxdt_PLT6 = ageing * PLT5 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT6;
dxdt_PLT7 = ageing * PLT6 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT7;
dxdt_PLT8 = ageing * PLT7 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT8;
dxdt_PLT9 = ageing * PLT8 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT9;
dxdt_PLT10 = ageing * PLT9 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT10;
$TABLE
igg = IVIG1 + IGG1;
localdouble igg_elimination = p_CL / p_V1 * (1.0 + p_fcrn_effect * (igg - p_IGG0 + p_fcrn_block * (p_KM + p_IGG0)) / (p_KM + igg));
localdouble all_platelets = PLT1 + PLT2 + PLT3 + PLT4 + PLT5 + PLT6 + PLT7 + PLT8 + PLT9 + PLT10;
blockade = 1.0 - (1.0 - p_fcgr_block) * (1.0 - p_blockade_effect * pow(pow(CE / p_IC50, 2.0), p_GAMMA / 2.0) / (1.0 + pow(pow(CE / p_IC50, 2.0), p_GAMMA / 2.0)));
autoantibody = AB * IGG1 / p_IGG0;
localdouble immune_clearance = p_KIMM * pow(pow(autoantibody, 2.0), p_HA / 2.0) * (p_FIND + (1.0 - p_FIND) * (1.0 - blockade));
localdouble spleen_clearance_rate = p_spleen * p_FSPL * immune_clearance;
localdouble liver_clearance_rate = (1.0 - p_FSPL) * immune_clearance;
localdouble haemostatic_use_rate = p_JH / (all_platelets + p_KH);
localdouble remission = p_KREM * AB;
localdouble tpo_removal = 1.0 - p_FP - p_FM + p_FP * (p_P0 + p_tpo_feedback * (circulating_share * all_platelets - p_P0)) / p_PN + p_FM * ((MK1 + MK2 + MK3 + MK4 + MK5 + MK6) / 6.0);
localdouble megakaryocyte_input = pow(TPO, p_GTPO);
production = p_QN * p_EPS * MK6;
platelets = circulating_share * all_platelets;
infused_igg = IVIG1;
tpo = TPO;
spleen_clearance = spleen_clearance_rate * all_platelets;
liver_clearance = liver_clearance_rate * all_platelets;
haemostatic_use = haemostatic_use_rate * all_platelets;
senescence = ageing * PLT10;
$CAPTURE
platelets
igg
infused_igg
autoantibody
blockade
tpo
production
spleen_clearance
liver_clearance
haemostatic_use
senescence
