/** Records of anomalies go through bytes unharmed; damage is told from a newer version. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { decodeAnomalies, encodeAnomalies, type TravellingAnomaly } from "../../src/schemas/AnomaliesCodec.ts"
import { AnomalyEnding, anomalyId, AnomalySeverity } from "../../src/schemas/Anomaly.ts"
import { RecordCorrupt, recordKind, RecordVersionUnknown } from "../../src/schemas/Records.ts"

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Text = Schema.String.check(
  Schema.makeFilter((text: string) => text.isWellFormed() ? undefined : "lone surrogate")
)

const AnyAnomaly = Schema.Struct({
  sourceSequence: int(1, 2 ** 52),
  ordinal: int(0, 16_384),
  foundAt: int(0, 4e12),
  sensorId: Text,
  property: int(0, 17),
  district: Schema.NullOr(Text),
  opened: int(0, 4e12),
  closed: Schema.NullOr(int(0, 4e12)),
  ending: Schema.NullOr(AnomalyEnding),
  revision: int(0, 5),
  severity: AnomalySeverity,
  score: Schema.Finite,
  low: Schema.Finite,
  high: Schema.Finite,
  observed: Schema.Finite,
  observedAt: int(0, 4e12),
  sentence: Text
})

const one: TravellingAnomaly = {
  sourceSequence: 7,
  ordinal: 0,
  foundAt: 1_780_000_260_000,
  sensorId: "käyrä",
  property: 0,
  district: null,
  opened: 1_780_000_200_000,
  closed: null,
  ending: null,
  revision: 0,
  severity: "minor",
  score: 4.5,
  low: 45,
  high: 55,
  observed: 72.5,
  observedAt: 1_780_000_200_000,
  sentence: "Vehicle speed was 72.5 km/h where 45.0 to 55.0 km/h was expected."
}

const refusal = (bytes: Uint8Array): string => {
  try {
    return `read ${JSON.stringify(decodeAnomalies(bytes))}`
  } catch (error) {
    if (error instanceof RecordCorrupt) return "corrupt"
    if (error instanceof RecordVersionUnknown) return "version"
    throw error
  }
}

describe("a record of anomalies", () => {
  it.prop("reads as it was written", [Schema.Array(AnyAnomaly).check(Schema.isMaxLength(5))], ([drawn]) => {
    // JSON has no negative zero.
    const found = JSON.parse(JSON.stringify(drawn)) as typeof drawn
    const bytes = encodeAnomalies({ sourceShard: 17, found })

    assert.strictEqual(recordKind(bytes), "anomalies")
    assert.deepStrictEqual(decodeAnomalies(bytes), { sourceShard: 17, found })
    assert.deepStrictEqual(decodeAnomalies(Buffer.concat([Buffer.from("xyz"), bytes]).subarray(3)).found, found)
  })

  it("of which any byte changed, or that was cut short, is corrupt", () => {
    const bytes = encodeAnomalies({ sourceShard: 17, found: [one] })
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice()
      damaged[at] = (bytes[at] ?? 0) ^ 0x55
      assert.isTrue(refusal(damaged) === "corrupt" || ((at === 1 || at === 2) && refusal(damaged) === "version"))
    }
    for (const length of [0, 4, 12, 16, bytes.length - 4]) {
      assert.strictEqual(refusal(bytes.slice(0, length)), "corrupt")
    }
  })

  it("with a field, a property or a word that this program does not know is of a newer version", () => {
    for (
      const change of [{ feeling: "uneasy" }, { property: 250 }, { severity: "dreadful" }, { ending: "forgotten" }]
    ) {
      const bytes = encodeAnomalies({ sourceShard: 17, found: [{ ...one, ...change } as TravellingAnomaly] })

      assert.strictEqual(refusal(bytes), "version")
    }
  })

  it("speaks of anomalies whose ids tell sensors apart that have colons", () => {
    assert.notStrictEqual(anomalyId("a", "noise", 0), anomalyId("a:noise", "noise", 0))
    assert.strictEqual(anomalyId("tram/9", "vehicle_speed", 0), "anomaly:tram/9:vehicle_speed:1970-01-01T00:00:00.000Z")
  })
})
