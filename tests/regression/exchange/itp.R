# itp_sim: platelets in immune thrombocytopenia under IVIG, adult_chronic, 70 g over 5 h daily x 2: 2 x 70 g = 140 g, 2 g/kg at 70 kg, 5 h each (Gamunex-C)
# For research and education only. Not for choosing a dose or treating a patient.
# Platelets made by the marrow, cleared by spleen and liver, clearance blocked by infused IgG: a model of immune thrombocytopenia under intravenous immunoglobulin, printed by itp_sim from its running equations.
# Patient: adult_chronic, 70 kg, untreated count 10 x 10^9/L.
# Infused: 70 g over 5 h daily x 2: 2 x 70 g = 140 g, 2 g/kg at 70 kg, 5 h each (Gamunex-C).
# Time in days from the start of the first infusion, counts in 10^9/L, IgG in g/L, doses in g. The state on day 0 is the untreated steady state.
# QN, TPO0 and KIMM were found by Newton's method from P0, PHI, PN, TL, JH, KH, EPS, GTPO, FP and FM, and are given as numbers: to change one of those, export the model again. Every other parameter can be changed here.
# Not validated: itp_sim has never run this file in R; its text was compared with the equations.
library(rxode2)

parameters <- c(
  WT = 70.0, # body weight [kg]
  P0 = 10.0, # the patient's own untreated platelet count [1e9/L]
  IGG0 = 10.0, # the patient's own untreated plasma IgG [g/L]
  CL = 0.003, # clearance of IgG from plasma at the untreated IgG level [L/day/kg]
  V1 = 0.05, # volume of plasma IgG [L/kg]
  Q = 0.015, # exchange of IgG between plasma and tissue [L/day/kg]
  V2 = 0.05, # volume of tissue IgG [L/kg]
  fcrn_effect = 3.0, # largest relative gain in IgG clearance when FcRn recycling saturates [1]
  KM = 15.0, # plasma IgG at half saturation of FcRn recycling [g/L]
  fcrn_block = 0.0, # share of FcRn recycling that another drug blocks from day 0 [1]
  KACT = 0.05, # loss of blocking potency of infused IgG [1/day]
  KE0 = 1.0, # equilibration of plasma with the phagocytes [1/day]
  IC50 = 3.0, # infused IgG at the phagocytes that blocks half [g/L]
  GAMMA = 3.0, # steepness of the blockade [1]
  blockade_effect = 1.0, # largest share of Fc-gamma clearance that infused IgG can block [1]
  fcgr_block = 0.0, # share of Fc-gamma clearance that another drug blocks from day 0 [1]
  FIND = 0.05, # share of immune clearance that needs no Fc-gamma receptor [1]
  HA = 1.5, # power of immune clearance on autoantibody [1]
  KREM = 0.01, # spontaneous remission: waning of autoantibody, 0 in chronic disease [1/day]
  FSPL = 0.6, # share of immune clearance done by the spleen [1]
  spleen = 1.0, # spleen left in place: 1 intact, 0 removed on day 0 [1]
  PHI = 0.3, # share of platelets pooled in an intact spleen [1]
  PN = 250.0, # platelet count in health [1e9/L]
  TL = 10.0, # platelet lifespan with no loss but ageing [day]
  JH = 7.0, # largest platelet use for haemostasis [1e9/L/day]
  KH = 10.0, # platelets at which haemostatic use is half its largest [1e9/L]
  EPS = 1.2, # platelets released per megakaryocyte, relative to health [1]
  MTT = 5.0, # mean transit time through the marrow [day]
  GTPO = 3.0, # power of megakaryocyte input on thrombopoietin [1]
  KTPO = 0.5, # turnover of thrombopoietin in health [1/day]
  FP = 0.6, # share of thrombopoietin removed by platelets in health [1]
  FM = 0.3, # share of thrombopoietin removed by megakaryocytes in health [1]
  tpo_feedback = 1.0, # share of a change in count that thrombopoietin senses: 1 all, 0 none [1]
  QN = 39.565457954878795, # platelet production in health [1e9/L/day]
  TPO0 = 1.293420796971277, # untreated thrombopoietin, relative to health [1]
  KIMM = 6.903190471429585, # untreated immune clearance per platelet [1/day]
  infusion = 0.0 # infusions come as doses
)

model <- rxode2({
  # Plasma IgG, infused and own [g/L].
  igg = IVIG1 + IGG1;
  # Fraction of plasma IgG lost per day at total plasma IgG `C` [1/day]: recycling by FcRn saturates.
  igg_elimination = CL / V1 * (1.0 + fcrn_effect * (igg - IGG0 + fcrn_block * (KM + IGG0)) / (KM + igg));
  # Platelets in blood and spleen, per litre of blood [1e9/L].
  all_platelets = PLT1 + PLT2 + PLT3 + PLT4 + PLT5 + PLT6 + PLT7 + PLT8 + PLT9 + PLT10;
  # Share of Fc-gamma receptor clearance that is blocked.
  blockade = 1.0 - (1.0 - fcgr_block) * (1.0 - blockade_effect * ((CE / IC50)^2.0)^(GAMMA / 2.0) / (1.0 + ((CE / IC50)^2.0)^(GAMMA / 2.0)));
  # Autoantibody relative to untreated: it shares the fate of the patient's own IgG, and wanes in remission.
  autoantibody = AB * IGG1 / IGG0;
  # Immune clearance per platelet with a share `blocked` and autoantibody `A` [1/day], the spleen in place.
  immune_clearance = KIMM * (autoantibody^2.0)^(HA / 2.0) * (FIND + (1.0 - FIND) * (1.0 - blockade));
  # The spleen's part of the immune clearance `rate` per platelet [1/day].
  spleen_clearance_rate = spleen * FSPL * immune_clearance;
  # The liver's part of the immune clearance `rate` per platelet [1/day].
  liver_clearance_rate = (1.0 - FSPL) * immune_clearance;
  # Use per platelet for keeping vessels tight [1/day]: a fixed amount, as long as there are platelets.
  haemostatic_use_rate = JH / (all_platelets + KH);
  # Rate of passing from one of the ten ages to the next [1/day].
  ageing = 10.0 / TL;
  # Rate of passing from one of the six marrow stages to the next, KTR [1/day].
  marrow_transit = 6.0 / MTT;
  # Loss of autoantibody from the patient's own IgG as the disease goes by itself [1/day].
  remission = KREM * AB;
  # Share of platelets that is counted in blood; the rest is pooled in what is left of the spleen.
  circulating_share = (1.0 - PHI) / (1.0 - PHI + spleen * PHI);
  # Removal of thrombopoietin by platelets, megakaryocytes and other tissue, relative to health.
  tpo_removal = 1.0 - FP - FM + FP * (P0 + tpo_feedback * (circulating_share * all_platelets - P0)) / PN + FM * ((MK1 + MK2 + MK3 + MK4 + MK5 + MK6) / 6.0);
  # New megakaryocytes, relative to health.
  megakaryocyte_input = TPO^GTPO;
  # Platelets released by the marrow [1e9/L/day].
  production = QN * EPS * MK6;
  IVIG1(0) = 0.0 * IGG0;
  IVIG2(0) = 0.0 * IGG0;
  ACT1(0) = 0.0 * IGG0;
  ACT2(0) = 0.0 * IGG0;
  CE(0) = 0.0 * IGG0;
  IGG1(0) = IGG0;
  IGG2(0) = IGG0;
  OUT(0) = 0.0 * IGG0 * V1 * WT;
  AB(0) = 1.0 + 0.0 * IGG0 / IGG0;
  TPO(0) = TPO0;
  MK1(0) = TPO0^GTPO;
  MK2(0) = TPO0^GTPO;
  MK3(0) = TPO0^GTPO;
  MK4(0) = TPO0^GTPO;
  MK5(0) = TPO0^GTPO;
  MK6(0) = TPO0^GTPO;
  PLT1(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share;
  PLT2(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)));
  PLT3(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)))^2.0;
  PLT4(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)))^3.0;
  PLT5(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)))^4.0;
  PLT6(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)))^5.0;
  PLT7(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)))^6.0;
  PLT8(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)))^7.0;
  PLT9(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)))^8.0;
  PLT10(0) = QN * EPS * TPO0^GTPO / ageing * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH))) * (1.0 - PHI) / circulating_share * (ageing / (ageing + KIMM + JH / (P0 / (1.0 - PHI) + KH)))^9.0;
  d/dt(IVIG1) = infusion / (V1 * WT) - igg_elimination * IVIG1 - Q * (IVIG1 - IVIG2) / V1;
  d/dt(IVIG2) = Q * (IVIG1 - IVIG2) / V2;
  d/dt(ACT1) = infusion / (V1 * WT) - (igg_elimination + KACT) * ACT1 - Q * (ACT1 - ACT2) / V1;
  d/dt(ACT2) = Q * (ACT1 - ACT2) / V2 - KACT * ACT2;
  d/dt(CE) = KE0 * (ACT1 - CE);
  d/dt(IGG1) = CL / V1 * IGG0 - igg_elimination * IGG1 - Q * (IGG1 - IGG2) / V1;
  d/dt(IGG2) = Q * (IGG1 - IGG2) / V2;
  d/dt(OUT) = igg_elimination * IVIG1 * V1 * WT;
  d/dt(AB) = -remission;
  d/dt(TPO) = KTPO * (1.0 - TPO * tpo_removal);
  d/dt(MK1) = marrow_transit * (megakaryocyte_input - MK1);
  d/dt(MK2) = marrow_transit * (MK1 - MK2);
  d/dt(MK3) = marrow_transit * (MK2 - MK3);
  d/dt(MK4) = marrow_transit * (MK3 - MK4);
  d/dt(MK5) = marrow_transit * (MK4 - MK5);
  d/dt(MK6) = marrow_transit * (MK5 - MK6);
  d/dt(PLT1) = production - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT1;
  d/dt(PLT2) = ageing * PLT1 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT2;
  d/dt(PLT3) = ageing * PLT2 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT3;
  d/dt(PLT4) = ageing * PLT3 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT4;
  d/dt(PLT5) = ageing * PLT4 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT5;
  d/dt(PLT6) = ageing * PLT5 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT6;
  d/dt(PLT7) = ageing * PLT6 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT7;
  d/dt(PLT8) = ageing * PLT7 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT8;
  d/dt(PLT9) = ageing * PLT8 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT9;
  d/dt(PLT10) = ageing * PLT9 - (ageing + (spleen_clearance_rate + liver_clearance_rate + haemostatic_use_rate)) * PLT10;
  platelets = circulating_share * all_platelets;
  infused_igg = IVIG1;
  tpo = TPO;
  spleen_clearance = spleen_clearance_rate * all_platelets;
  liver_clearance = liver_clearance_rate * all_platelets;
  haemostatic_use = haemostatic_use_rate * all_platelets;
  senescence = ageing * PLT10;
})

doses <- data.frame(
  time = c(0.0, 0.0, 1.0, 1.0),
  amt = c(20.0, 20.0, 20.0, 20.0),
  rate = c(96.0, 96.0, 96.00000000000003, 96.00000000000003),
  cmt = c("IVIG1", "ACT1", "IVIG1", "ACT1")
)

events <- et(seq(0, 42, by = 0.125))
for (i in seq_len(nrow(doses))) {
  dose <- doses[i, ]
  events <- et(events, time = dose$time, amt = dose$amt, rate = dose$rate, cmt = dose$cmt)
}
run <- rxSolve(model, parameters, events)
