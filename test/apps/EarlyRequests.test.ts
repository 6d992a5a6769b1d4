/** Requests that come while a process starts. */
import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { refusingEarlyRequests } from "../../src/apps/EarlyRequests.ts"

const ask = (server: Server) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/sensors`)

describe("a server that listens", () => {
  it("refuses requests until it is served, and then gives them to whoever serves it", async () => {
    const server = refusingEarlyRequests(createServer())
    server.listen(0, "127.0.0.1")
    await once(server, "listening")

    const early = await ask(server)
    server.on("request", (_, response) => response.end("the city"))
    const served = await ask(server)
    server.closeAllConnections()
    server.close()

    assert.deepStrictEqual([early.status, early.headers.get("retry-after")], [503, "1"])
    assert.strictEqual(early.headers.get("content-type"), "application/problem+json")
    assert.deepStrictEqual([served.status, await served.text()], [200, "the city"])
  })
})
