/**
 * Real faults that `npm run chaos -- --break NAME` plants into the processes of a city, to see that the oracle finds them: a chaos run that
 * none of them can fail proves nothing. Each replaces one piece of one source file, while Node loads it (`sabotage.ts`). Promise: a
 * piece that is no longer there exactly once ends the process, so that none of them goes out of date unseen.
 */
import { readFileSync } from "node:fs"
import type { FaultKind } from "./Faults.ts"

export const sabotageNames = ["fence", "dedup", "publish-order", "retention", "ack-early", "tick"] as const
export type SabotageName = (typeof sabotageNames)[number]

export interface Sabotage {
  /** Below `src/`. */
  readonly file: string
  readonly before: string
  readonly after: string
  /** What it does, and to whom. */
  readonly breaks: string
  /** What has to be done to the city, again and again, for it to show. */
  readonly fault: FaultKind
}

export const sabotages: Readonly<Record<SabotageName, Sabotage>> = {
  fence: {
    file: "adapters/postgres/PostgresShardStore.ts",
    before: "if (held.length === 0) return yield* new Fenced({ stage, shard, epoch })",
    after: "",
    breaks:
      "runners: a commit is written whatever epoch it is of, so one that slept writes over what the next owner has",
    fault: "runner frozen"
  },
  dedup: {
    file: "analytics/Panes.ts",
    before:
      "if (words[at + valueResultTime] === resultTime && words[at + valueResult] === result) return outcomes.duplicate",
    after: `if (words[at + valueResultTime] === resultTime && words[at + valueResult] === result) {
          outcome = outcomes.counted
          break
        }`,
    breaks: "runners: an observation that comes twice is counted twice",
    fault: "runner killed"
  },
  "publish-order": {
    file: "actors/ShardLoop.ts",
    before: `    yield* published(() => [...state.takePrompt(), ...state.outputs(sequence)])
    yield* crashPoint("after-publish-before-commit", shard, stage.name)
    yield* finishedWithin(settings.storePatience, stored, ending)`,
    after: `    const given = [...state.takePrompt(), ...state.outputs(sequence)]
    yield* finishedWithin(settings.storePatience, stored, ending)
    yield* Effect.sleep("2 seconds")
    yield* published(() => given)`,
    breaks: "runners: the state is committed first, and what follows from it is published two seconds later",
    fault: "runner killed"
  },
  retention: {
    file: "adapters/nats/NatsRetention.ts",
    before: `    if (spare <= 0 || messages === 0 || (spare < stepBytes && !this.full.has(shard))) return
    const first = firstOf(info.state)
    // How many that are is known on average only; what is released is exact.
    const keepFrom = Math.min(this.lowest(shard) + 1, first + Math.floor((messages * spare) / bytes))`,
    // Not before the load has begun: a city that does not start shows nothing.
    after: `    if (messages < 256) return
    const first = firstOf(info.state)
    const keepFrom = first + messages`,
    breaks: "runners: a log is purged up to its end, not up to where its consumers have come",
    fault: "runner killed"
  },
  "ack-early": {
    file: "ingest/BatchingDoor.ts",
    before: "    runFork(log.append(group.records)).addObserver((exit) => {",
    after: `    Deferred.doneUnsafe(group.done, Exit.void)
    runFork(Effect.delay(log.append(group.records), "2 seconds")).addObserver((exit) => {`,
    breaks: "ingest: 202 says that observations are in the memory of the process; the log has them two seconds later",
    fault: "ingest killed"
  },
  tick: {
    file: "actors/SensorStage.ts",
    before: `    if (now <= this.tickedTo) return
    this.tickedTo = now`,
    after: `    if (now <= this.tickedTo) return
    now = Date.now()
    this.tickedTo = now`,
    breaks: "runners: a tick tells a shard to look at the clock, so a replay has another time than the first pass",
    fault: "runner killed"
  }
}

export const sourceOf = ({ file }: Sabotage): URL => new URL(`../src/${file}`, import.meta.url)

/** The source with the fault in it. Throws a sentence where the piece is not there exactly once. */
export const sabotaged = (name: SabotageName, source: string): string => {
  const { after, before, file } = sabotages[name]
  const pieces = source.split(before)
  if (pieces.length !== 2) {
    throw new Error(
      `sabotage "${name}": the text that it replaces is ${
        pieces.length - 1
      } times in src/${file}, it must be there once; `
        + "adapt stack/Sabotages.ts to what the file does today"
    )
  }
  return pieces.join(after)
}

export const sabotagedSource = (name: SabotageName): string =>
  sabotaged(name, readFileSync(sourceOf(sabotages[name]), "utf8"))

/** For Node, before the file it runs. */
export const sabotageArgs = (name: SabotageName): ReadonlyArray<string> => {
  const program = new URL("sabotage.ts", import.meta.url)
  program.searchParams.set("name", name)
  return ["--import", program.href]
}
