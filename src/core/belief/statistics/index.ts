export type { BetaPosterior, CredibleInterval } from "./beta.ts";
export { betaInterval, betaMean, betaQuantile, logGamma, regularisedIncompleteBeta, updateBeta } from "./beta.ts";
export type { DirichletPosterior } from "./dirichlet.ts";
export {
  dirichletIntervals,
  dirichletMean,
  opinionPseudoCounts,
  totalConcentration,
  updateDirichlet,
} from "./dirichlet.ts";
export type { JudgedForecast, ReliabilityRow } from "./scores.ts";
export { brierScore, calibrationError, logScore, reliabilityTable } from "./scores.ts";
export type { Sample } from "./student.ts";
export { studentInterval, studentQuantile } from "./student.ts";
