/** The districts of the simulated city: cells of a plane without gap or overlap, as GeoJSON that any loader takes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readOutline } from "../../../src/ingest/DistrictOutline.ts"
import { geoJsonPlacement } from "../../../src/ingest/Districts.ts"
import { districtShapes, nearestDistrict } from "../../../src/ingest/simulation/DistrictShapes.ts"
import { lines } from "../../../src/ingest/simulation/HelsinkiLines.ts"
import { districtCentres, outline, roads } from "../../../src/ingest/simulation/HelsinkiMap.ts"
import { type LonLat, toMetres } from "../../../src/ingest/simulation/Plane.ts"
import { makeCity } from "../../../src/ingest/simulation/SimulatedCity.ts"

const area = (ring: ReadonlyArray<LonLat>): number => {
  const points = ring.map(toMetres)
  return points.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = points[(i + 1) % points.length] ?? [0, 0]
    return sum + (x * nextY - nextX * y) / 2
  }, 0)
}

const holds = (ring: ReadonlyArray<LonLat>, [x, y]: LonLat): boolean => {
  let inside = false
  for (let i = 1; i < ring.length; i++) {
    const [[x1, y1], [x2, y2]] = [ring[i - 1] as LonLat, ring[i] as LonLat]
    if ((y1 > y) !== (y2 > y) && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)) inside = !inside
  }
  return inside
}

const { features } = districtShapes()
const rings = features.map(({ geometry }) => geometry.coordinates[0] ?? [])
const closedOutline = [...outline, ...outline.slice(0, 1)]

describe("the districts of the simulated city", () => {
  it("are eighteen, with ids, names and closed anticlockwise rings", () => {
    assert.lengthOf(features, 18)
    assert.lengthOf(new Set(features.map(({ id }) => id)), 18)
    for (const { geometry, id, properties } of features) {
      assert.deepStrictEqual(properties, { id, name: districtCentres.find(([known]) => known === id)?.[1] })
      assert.isArray(readOutline(geometry))
    }
    for (const ring of rings) {
      assert.deepStrictEqual(ring[0], ring.at(-1))
      assert.isAbove(area(ring), 500_000)
    }
  })

  it("cover the city without gap or overlap: areas add up, and every inner edge is there once in each direction", () => {
    const sum = rings.reduce((total, ring) => total + area(ring), 0)
    assert.closeTo(sum / area(closedOutline), 1, 1e-6)
    const edges = new Map<string, number>()
    for (const ring of rings) {
      for (let i = 1; i < ring.length; i++) {
        const [from, to] = [JSON.stringify(ring[i - 1]), JSON.stringify(ring[i])]
        edges.set(`${from} ${to}`, (edges.get(`${from} ${to}`) ?? 0) + 1)
      }
    }
    const lonely = [...edges.keys()].filter((edge) => !edges.has(edge.split(" ").toReversed().join(" ")))
    assert.isTrue([...edges.values()].every((times) => times === 1))
    // What has no other side is the outline, cut where districts meet.
    const isOnOutline = (edge: string): boolean =>
      edge.split(" ").every((end) => {
        const [x, y] = toMetres(JSON.parse(end) as LonLat)
        return closedOutline.slice(1).some((to, i) => {
          const [a, b] = [toMetres(closedOutline[i] as LonLat), toMetres(to)]
          const length = Math.hypot(b[0] - a[0], b[1] - a[1])
          const off = Math.abs((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / length
          return off < 0.2
        })
      })
    assert.deepStrictEqual(lonely.filter((edge) => !isOnOutline(edge)), [])
  })

  it("hold their centre, and each place is in the district whose centre is nearest", () => {
    districtCentres.forEach(([, , centre], n) => assert.isTrue(holds(rings[n] ?? [], centre)))
    for (let x = 24.84; x < 25.18; x += 0.0071) {
      for (let y = 60.15; y < 60.27; y += 0.0053) {
        if (!holds(closedOutline, [x, y])) continue
        const found = rings.findIndex((ring) => holds(ring, [x, y]))
        assert.strictEqual(found, nearestDistrict(toMetres([x, y])))
      }
    }
  })

  it.effect("are loaded without a warning, and hold sensors of every kind each", () =>
    Effect.gen(function*() {
      const { districts, placement, warnings } = yield* geoJsonPlacement(JSON.stringify(districtShapes()), {
        file: "simulation"
      })
      const kinds = new Map<string, Set<string>>()
      const { sensors } = makeCity(1)
      for (const { kind, location } of sensors) {
        const found = placement.districtOf(location[0], location[1]) ?? "none"
        assert.strictEqual(found, districtCentres[nearestDistrict(toMetres(location))]?.[0])
        kinds.set(found, (kinds.get(found) ?? new Set()).add(kind))
      }
      assert.deepStrictEqual(warnings, [])
      assert.deepStrictEqual(districts.map(({ id }) => String(id)), districtCentres.map(([id]) => id))
      for (const [id] of districtCentres) {
        for (const kind of ["detector", "air", "noise", "weather", "stop"]) {
          assert.isTrue(kinds.get(id)?.has(kind), `${id} ${kind}`)
        }
      }
    }))

  it("hold all roads and lines of the map", () => {
    for (const { points } of [...roads, ...lines]) {
      for (const point of points) assert.isTrue(holds(closedOutline, point), JSON.stringify(point))
    }
  })
})
