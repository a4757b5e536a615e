/**
 * The total risk score of an order from the scores of its stages.
 *
 *   total = 100 x (1 - product over stages of (1 - weight x score / 100))
 *   share of a stage = total x (weight x score) / (sum over stages of weight x score)
 *
 * Every stage can only raise the total; one at 100 with weight 1 makes it 100; two at 50 make 75. Shares add up to it.
 */

/** Total score, 0 to 100, of scores (0 to 100) with weights (0 to 1). Writes each stage's share into `shares`. */
export function totalScore(scores: Float64Array, weights: Float64Array, shares: Float64Array): number {
  let total = 0
  let sum = 0
  for (let i = 0; i < scores.length; i++) {
    const weighted = (weights[i] as number) * (scores[i] as number)
    total += ((100 - total) * weighted) / 100
    sum += weighted
  }
  for (let i = 0; i < scores.length; i++) {
    const weighted = (weights[i] as number) * (scores[i] as number)
    shares[i] = sum === 0 ? 0 : (total * weighted) / sum
  }
  return total
}
