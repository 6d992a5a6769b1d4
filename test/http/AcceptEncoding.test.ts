import { assert, describe, it } from "@effect/vitest"
import { takesGzip } from "../../src/http/AcceptEncoding.ts"

describe("gzip", () => {
  for (const given of ["gzip", "GZIP", "br, gzip", "gzip;q=0.1", "br;q=1.0, gzip; q=0.8 , *;q=0.1"]) {
    it(`is taken by ${given}`, () => assert.isTrue(takesGzip(given)))
  }
  for (const given of [undefined, "", "br", "identity", "gzip;q=0", "br, gzip; q=0.000", "xgzip", "gzipped"]) {
    it(`is not taken by ${given ?? "who says nothing"}`, () => assert.isFalse(takesGzip(given)))
  }
})
