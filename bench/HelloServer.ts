/** The limit that HTTP answers are measured beside: a bare node:http server that says hello. Prints its port. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const server = createServer((_request, response) => {
  response.setHeader("content-type", "application/json")
  response.end('{"hello":"world"}')
})
server.listen(0, "127.0.0.1", () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
