/** Rows of the table the benchmarks print, and figures in words. */

export type Row = readonly [figure: string, value: string, goal: string]

export const millions = (perSecond: number): string => `${(perSecond / 1e6).toFixed(2)} M/CPU-s`
export const micros = (seconds: number, observations: number): string =>
  `${(1e6 * seconds / observations).toFixed(3)} µs`
export const whole = (value: number): string => Math.round(value).toLocaleString("en-US")
export const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
export const get = (figures: Record<string, number>, name: string): number => figures[name] ?? NaN
/** Of values in ascending order; a share of 0.99 is p99. */
export const quantile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.floor(share * (sorted.length - 1))] ?? NaN
export const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
