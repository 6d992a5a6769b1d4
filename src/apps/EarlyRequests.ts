/**
 * A server listens before the city behind it answers, and Node lets a request that nobody hears wait for ever. Promise: one that comes in
 * between is refused at once, and may come again.
 */
import type { RequestListener, Server } from "node:http"

const refuse: RequestListener = (_, response) => {
  response.writeHead(503, { "retry-after": "1", "content-type": "application/problem+json" })
  response.end(JSON.stringify({ type: "about:blank", title: "Service Unavailable", status: 503, detail: "starting" }))
}

/** Until somebody else listens to its requests. */
export const refusingEarlyRequests = (server: Server): Server => {
  server.on("request", refuse)
  const stopRefusing = (event: string | symbol): void => {
    if (event !== "request") return
    server.off("newListener", stopRefusing)
    server.off("request", refuse)
  }
  return server.on("newListener", stopRefusing)
}
