/**
 * What a principal may do. Promise: a handler that asks for a scope runs only for a principal that has it; who that is, is
 * decided in one place (`RequestEdge`): today the local one, which may do everything.
 */
import { Effect } from "effect"
import { CurrentPrincipal, type Scope } from "../schemas/Principal.ts"
import { Forbidden } from "./Refusals.ts"

export const requireScope = (scope: Scope): Effect.Effect<void, Forbidden, CurrentPrincipal> =>
  Effect.flatMap(
    CurrentPrincipal,
    (principal) => principal.scopes.includes(scope) ? Effect.void : Effect.fail(new Forbidden({ scope }))
  )
