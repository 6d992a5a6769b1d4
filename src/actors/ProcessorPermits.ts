/** What the shard processors of a process share: turns at the processor's cache, and at the database. */
import { Context, Effect, Layer, Semaphore } from "effect"
import { WordWriter } from "../analytics/WordWriter.ts"

export class ProcessorPermits extends Context.Service<ProcessorPermits, {
  /** Runs a commit when there is room for one, with a buffer that is its own until it ends. */
  readonly commit: <A, E, R>(run: (writer: WordWriter) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** One shard at a time works off its backlog, so that its state stays in the processor's cache. */
  readonly apply: Semaphore.Semaphore
}>()("vicinity/actors/ProcessorPermits") {
  static readonly layer = (commitsAtOnce: number) =>
    Layer.effect(
      ProcessorPermits,
      Effect.gen(function*() {
        const permits = yield* Semaphore.make(commitsAtOnce)
        const writers: Array<WordWriter> = []
        return ProcessorPermits.of({
          apply: yield* Semaphore.make(1),
          commit: (run) =>
            permits.withPermit(Effect.suspend(() => {
              const writer = writers.pop() ?? new WordWriter()
              return Effect.ensuring(run(writer), Effect.sync(() => writers.push(writer)))
            }))
        })
      })
    )
}
