/**
 * From a source that delivers (`ports/Source.ts`) through the door. Promise: a delivery is done only when its accepted observations are in
 * the log and its bad ones in REJECTED, each once however often it is delivered; while the door cannot take it, it stays at the source.
 */
import { Cause, Effect, Random } from "effect"
import type { Delivery, Settled, Source } from "../ports/Source.ts"
import { Door, type DoorError } from "./Door.ts"
import { type ParsedBody, parserOf } from "./ObservationItems.ts"

/** Observations of one delivery. */
const deliveryItemsMax = 10_000

const done: Settled = { _tag: "Done" }
const retryMillis = 1_000
/** After a fault of ours: it is the same next time, so not soon. */
const faultRetryMillis = 30_000

/** Takes what the source delivers, until interrupted. */
export const takeDeliveries = (source: Source): Effect.Effect<never, never, Door> =>
  Effect.flatMap(Door, (door) => {
    const { name } = source

    const admit = (parsed: ParsedBody, { bytes, heldSince, id }: Delivery) => {
      switch (parsed._tag) {
        case "Items":
          return door.offer(name, parsed.items, { id, heldSince })
        case "Empty":
          return door.refuse(name, "malformed-json", "the message holds no observation", bytes, id)
        case "TooMany": {
          const detail =
            `the message has more than the ${deliveryItemsMax} observations that one may have; send several`
          return door.refuse(name, "too-many-items", detail, bytes, id)
        }
        case "Malformed":
          return door.refuse(name, "malformed-json", parsed.detail, bytes, id)
      }
    }

    const take = Effect.fnUntraced(function*(delivery: Delivery) {
      const parse = parserOf(delivery.contentType)
      if (parse === undefined) {
        const detail =
          `the content type ${JSON.stringify(delivery.contentType)} is not taken; send application/json or `
          + "application/x-ndjson, or none"
        yield* door.refuse(name, "malformed-json", detail, delivery.bytes, delivery.id)
        return done
      }
      yield* admit(parse(delivery.bytes, deliveryItemsMax), delivery)
      return done
    })

    return source.deliver((delivery) =>
      take(delivery).pipe(
        Effect.catch(again),
        Effect.catchDefect((defect) =>
          Effect.as(
            Effect.logError("a delivery cannot be taken, it stays at its source", Cause.die(defect)).pipe(
              Effect.annotateLogs({ source: name, delivery: delivery.id })
            ),
            { _tag: "Again", afterMillis: faultRetryMillis } as const
          )
        )
      )
    )
  })

/** Not all at the same time: what was refused together would come again together, and be refused. */
const again = (error: DoorError): Effect.Effect<Settled> =>
  Effect.map(Random.nextBetween(0.5, 1.5), (scatter) => ({
    _tag: "Again",
    afterMillis: Math.ceil(scatter * ("retryAfterMillis" in error ? error.retryAfterMillis : retryMillis))
  }))
