/** Who asks. Every handler has one in its context; the embedded profile runs as `local`, which may do everything. */
import { Context, Schema } from "effect"

export const Scope = Schema.Literals([
  "observations:write",
  "sensors:read",
  "districts:read",
  "forecasts:read",
  "models:write",
  "operate"
])
export type Scope = typeof Scope.Type

export class Principal extends Schema.Class<Principal>("vicinity/schemas/Principal")({
  id: Schema.NonEmptyString,
  kind: Schema.Literals(["local", "person", "device", "service"]),
  scopes: Schema.Array(Scope)
}) {}

/** The principal of an embedded profile: bound to loopback, open, and says so at start. */
export const localPrincipal = new Principal({
  id: "local",
  kind: "local",
  scopes: ["observations:write", "sensors:read", "districts:read", "forecasts:read", "models:write", "operate"]
})

export class CurrentPrincipal extends Context.Service<CurrentPrincipal, Principal>()(
  "vicinity/schemas/CurrentPrincipal"
) {}
