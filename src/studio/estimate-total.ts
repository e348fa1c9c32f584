/** Responsible for estimating a total from a random sample, with its error. */
import type { Estimate } from "./api.ts"

/** Two-sided 95 % quantiles of Student's t distribution by degrees of freedom, the last for more. (NIST/SEMATECH e-Handbook, 1.3.6.7.2.) */
const T_95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131]
const T_MANY = 2

/**
 * The sum over a population from a sample of it: its mean times the population, with Student's 95 % confidence interval.
 * @returns undefined without samples. One sample has no spread: its interval reaches from 0 to twice the value
 * @example
 * estimateTotal([10, 12, 14], 100) // { value: 1200, low: 711, high: 1689 }
 */
export const estimateTotal = (sample: readonly number[], population: number): Estimate | undefined => {
  const count = sample.length
  if (count === 0) return undefined
  const mean = sample.reduce((sum, value) => sum + value, 0) / count
  const value = Math.round(mean * population)
  if (count >= population) return { value, low: value, high: value }
  if (count === 1) return { value, low: 0, high: 2 * value }
  const variance = sample.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (count - 1)
  // Sampling without replacement: the part of the population that was seen has no error.
  const standardError = Math.sqrt((variance / count) * (1 - count / population))
  const error = (T_95[count - 2] ?? T_MANY) * standardError * population
  return { value, low: Math.max(0, Math.round(value - error)), high: Math.round(value + error) }
}
