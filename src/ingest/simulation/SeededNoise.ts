/**
 * Chance that is a function: of a seed, a key and a number (mostly of a step of time), so that any moment of a simulated city
 * can be computed without those before it. Promise: the same arguments give the same bits, whatever was asked before.
 * Plain integer hashing and arithmetic: the same on every machine.
 */

/** Spreads a 32-bit value over all bits (fmix32 of MurmurHash3, A. Appleby, public domain). */
const mix = (value: number): number => {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** A 32-bit hash of a seed, a key and a number. */
export const hash = (seed: number, key: number, n: number): number =>
  mix(mix(mix(seed ^ 0x9e3779b9) + Math.imul(key, 0x9e3779b1)) + Math.imul(n, 0x85ebca77) + 0x27d4eb2f) >>> 0

/** The seed of one of the parts of a city, so that they do not go along. */
export const seedOf = (seed: number, part: string): number => {
  let h = mix(seed | 0) ^ mix(Math.floor(seed / 2 ** 32) + 0x51ed270b)
  for (let i = 0; i < part.length; i++) h = Math.imul(h ^ part.charCodeAt(i), 0x01000193)
  return mix(h)
}

/** In [0, 1). */
export const uniform = (seed: number, key: number, n: number): number => hash(seed, key, n) / 2 ** 32

const root3 = Math.sqrt(3)

/** About standard normal, within ±3.47: the sum of four uniform numbers (Irwin–Hall), which needs no logarithm. */
export const normal = (seed: number, key: number, n: number): number => {
  const h = hash(seed, key, n)
  const g = mix(h + 0x68bc21eb) >>> 0
  return (((h & 0xffff) + (h >>> 16) + (g & 0xffff) + (g >>> 16)) / 0x10000 - 2) * root3
}

/** A Poisson number of this mean: by inversion where small (Knuth 1969 §3.4.1), else the rounded normal approximation. */
export const poisson = (mean: number, seed: number, key: number, n: number): number => {
  if (mean <= 0) return 0
  if (mean > 20) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(seed, key, n)))
  const u = uniform(seed, key, n)
  let p = Math.exp(-mean)
  let sum = p
  let k = 0
  while (u > sum && k < 100) {
    k++
    p *= mean / k
    sum += p
  }
  return k
}

/** A curve through a standard normal number every `periodMillis`, smooth between them, of unit variance everywhere. */
export const smooth = (seed: number, key: number, time: number, periodMillis: number): number => {
  const at = time / periodMillis
  const k = Math.floor(at)
  const f = at - k
  const s = f * f * (3 - 2 * f)
  return (normal(seed, key, k) * (1 - s) + normal(seed, key, k + 1) * s) / Math.sqrt((1 - s) * (1 - s) + s * s)
}

/**
 * First-order autoregressive noise of unit variance, xₖ = φ·xₖ₋₁ + √(1−φ²)·εₖ, as a sum over a window of the past long enough
 * that what is cut off is below 1 %, and straight between steps. Remembers the last step of each key; what it
 * remembers changes no result.
 */
export class AutoregressiveNoise {
  private readonly seed: number
  private readonly stepMillis: number
  private readonly weights: Float64Array
  private readonly step: Float64Array
  private readonly left: Float64Array
  private readonly right: Float64Array

  constructor(seed: number, keys: number, stepMillis: number, phi: number) {
    this.seed = seed
    this.stepMillis = stepMillis
    const span = Math.ceil(Math.log(0.01) / Math.log(phi))
    this.weights = Float64Array.from({ length: span }, (_, j) => phi ** j * Math.sqrt(1 - phi * phi))
    this.step = new Float64Array(keys).fill(NaN)
    this.left = new Float64Array(keys)
    this.right = new Float64Array(keys)
  }

  at(key: number, time: number): number {
    const at = time / this.stepMillis
    const k = Math.floor(at)
    if (this.step[key] !== k) {
      this.left[key] = this.sum(key, k)
      this.right[key] = this.sum(key, k + 1)
      this.step[key] = k
    }
    const f = at - k
    return (this.left[key] as number) * (1 - f) + (this.right[key] as number) * f
  }

  private sum(key: number, k: number): number {
    let sum = 0
    for (let j = 0; j < this.weights.length; j++) {
      sum += (this.weights[j] as number) * normal(this.seed, key, k - j)
    }
    return sum
  }
}
