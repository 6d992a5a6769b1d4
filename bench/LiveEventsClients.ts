/**
 * Clients of live events on raw sockets: PORT CLIENTS FANNED PACED. Says `ready` when all are answered, `fanned` when each has the
 * first FANNED events; then takes PACED more, of which it notes the delay from `at` in the data. The last line is JSON.
 */
import { connect } from "node:net"
import { quantile } from "./Rows.ts"

const [port, clients, fanned, paced] = process.argv.slice(2).map(Number) as [number, number, number, number]
const delays = new Float64Array(clients * paced)
let ready = 0
let full = 0
let noted = 0

const now = (): number => performance.timeOrigin + performance.now()

const finish = (): void => {
  delays.sort()
  console.log(JSON.stringify({ p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), longest: quantile(delays, 1) }))
  process.exit(0)
}

const follow = (): void => {
  let count = 0
  let rest = ""
  let isReady = false
  const socket = connect(port, "127.0.0.1", () => socket.write("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n"))
  socket.setEncoding("latin1").on("data", (text: string) => {
    if (!isReady && text.includes("retry:")) {
      isReady = true
      if (++ready === clients) console.log("ready")
    }
    const all = rest + text
    const end = all.lastIndexOf("\n") + 1
    // With the end of the line before it, which is part of what is looked for.
    rest = `\n${all.slice(end)}`
    for (let line = all.indexOf("\ndata: "); line >= 0; line = all.indexOf("\ndata: ", line + 1)) {
      if (line + 1 >= end) break
      count++
      if (count > fanned) {
        const at = all.indexOf('"at":', line) + 5
        delays[noted++] = now() - Number(all.slice(at, all.indexOf(",", at)))
        if (noted === delays.length) finish()
      } else if (count === fanned && ++full === clients) console.log("fanned")
    }
  })
}

for (let i = 0; i < clients; i++) follow()
