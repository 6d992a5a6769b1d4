/**
 * What a process of a city of several serves, by its role. Promise: what another role serves is answered with 404 and which role to
 * ask, never half; health, metrics and what problems mean are everywhere, the documentation wherever observations or questions are taken.
 */

export type Served = "everything" | "observations" | "questions" | "operations"

const operations = ["/health", "/metrics", "/problems"]
const documents = ["/docs", "/openapi.json", "/asyncapi.json"]
const takingIn = ["/v1/observations", "/v1/properties", "/v1/rejected"]

const isUnder = (path: string, roots: ReadonlyArray<string>): boolean =>
  roots.some((root) => path === root || path.startsWith(`${root}/`))

/** Why a path of the contract is not served here; undefined where it is. */
export const notServed = (served: Served, path: string): string | undefined => {
  if (served === "everything" || isUnder(path, operations)) return undefined
  switch (served) {
    case "operations":
      return "this process holds shards (role actors) and serves health and metrics only; ask one of the role api"
    case "observations":
      return isUnder(path, takingIn) || isUnder(path, documents)
        ? undefined
        : "this process takes observations in (role ingest) and answers no questions; ask one of the role api"
    case "questions":
      return isUnder(path, ["/v1/observations"])
        ? "this process answers questions (role api) and takes no observations; send them to one of the role ingest"
        : undefined
  }
}
