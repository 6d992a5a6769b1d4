/** Chance by hash: the same for the same arguments in any order, distributed as it says. */
import { assert, describe, it } from "@effect/vitest"
import {
  AutoregressiveNoise,
  normal,
  poisson,
  seedOf,
  smooth,
  uniform
} from "../../../src/ingest/simulation/SeededNoise.ts"

const many = Array.from({ length: 20_000 }, (_, n) => n)
const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length
const variance = (values: ReadonlyArray<number>): number => {
  const centre = mean(values)
  return mean(values.map((value) => (value - centre) ** 2))
}

describe("seeded noise", () => {
  it("is uniform and normal over the numbers, the keys and the seeds", () => {
    for (const at of [(n: number) => [3, 5, n], (n: number) => [3, n, 5], (n: number) => [n, 3, 5]] as const) {
      const uniforms = many.map((n) => uniform(...at(n) as [number, number, number]))
      assert.closeTo(mean(uniforms), 0.5, 0.01)
      assert.closeTo(variance(uniforms), 1 / 12, 0.003)
      const normals = many.map((n) => normal(...at(n) as [number, number, number]))
      assert.closeTo(mean(normals), 0, 0.03)
      assert.closeTo(variance(normals), 1, 0.04)
    }
  })

  it("has no echo from one number to the next", () => {
    const product = mean(many.map((n) => normal(1, 2, n) * normal(1, 2, n + 1)))
    assert.closeTo(product, 0, 0.03)
  })

  it("counts with the mean and variance of Poisson, small and large", () => {
    for (const expected of [0.2, 3, 15, 60]) {
      const counts = many.map((n) => poisson(expected, 1, 2, n))
      assert.closeTo(mean(counts), expected, 0.03 * expected + 0.01)
      assert.closeTo(variance(counts), expected, 0.06 * expected + 0.02)
    }
    assert.strictEqual(poisson(0, 1, 2, 3), 0)
  })

  it("is smooth between its points, with unit variance there too", () => {
    const period = 1000
    assert.closeTo(variance(many.map((n) => smooth(1, 2, n * 731, period))), 1, 0.05)
    for (let t = 0; t < 5000; t++) assert.isBelow(Math.abs(smooth(1, 2, t, period) - smooth(1, 2, t + 1, period)), 0.02)
  })

  it("is autoregressive: unit variance, φ from step to step, and the same in any order of asking", () => {
    const noise = new AutoregressiveNoise(9, 2, 1000, 0.8)
    const inOrder = many.map((n) => noise.at(0, n * 1000))
    assert.closeTo(variance(inOrder), 1, 0.06)
    const next = mean(inOrder.slice(1).map((value, n) => value * (inOrder[n] ?? 0)))
    assert.closeTo(next / variance(inOrder), 0.8, 0.02)
    const other = new AutoregressiveNoise(9, 2, 1000, 0.8)
    for (const n of [19_999, 3, 12_000, 4, 3]) {
      other.at(1, n * 777)
      assert.strictEqual(other.at(0, n * 1000), inOrder[n])
    }
  })

  it("gives the parts of a city seeds of their own, large seeds too", () => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 40 + 1].flatMap((seed) =>
      ["air", "traffic"].map((part) => seedOf(seed, part))
    )
    assert.lengthOf(new Set(seeds), seeds.length)
  })
})
