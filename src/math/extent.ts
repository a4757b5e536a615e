/** The least and the greatest of many numbers: `Math.min(...values)` fails on lists of a hundred thousand. */

/** Of no numbers: Infinity and -Infinity. NaN counts as nothing. */
export function extentOf(values: Iterable<number>): { least: number; greatest: number } {
  let least = Number.POSITIVE_INFINITY
  let greatest = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  return { least, greatest }
}
