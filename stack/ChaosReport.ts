/** A chaos run as a table for people and as one JSON object for programs. */
import { shardCount } from "../src/schemas/Shards.ts"
import type { ChaosRun } from "./ChaosRun.ts"

const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0)

/**
 * For each fault and shard the longest outage that showed after it was begun and before the next was. Shards have about the same number
 * of sensors each, so shards count alike.
 */
const unavailabilityOf = ({ faults, probes }: ChaosRun) => {
  const longest = faults.map(() => new Map<number, number>())
  for (const { millis, shard, shownAt } of probes.outages) {
    const after = longest[faults.findLastIndex(({ begunAt }) => begunAt <= shownAt)]
    after?.set(shard, Math.max(millis, after.get(shard) ?? 0))
  }
  return [...new Set(faults.map(({ kind }) => kind))].map((kind) => {
    const ofKind = longest.filter((_, i) => faults[i]?.kind === kind)
    const affected = ofKind.flatMap((shards) => [...shards.values()]).sort((a, b) => a - b)
    return {
      kind,
      times: ofKind.length,
      share: affected.length / (ofKind.length * shardCount),
      p50: quantile(affected, 0.5),
      p99: quantile(affected, 0.99),
      max: quantile(affected, 1)
    }
  })
}

/** Nothing is lost, nothing is there twice, whoever was told to stop did, and the load was what it is meant to be. */
export const isClean = ({ isAtRest, judged, load, stuck }: ChaosRun): boolean =>
  judged.lost === 0 && judged.duplicated === 0 && judged.differing === 0 && judged.unjudged.length === 0 &&
  stuck.length === 0 && isAtRest
  && load.rejected.length === 0 && judged.acknowledged > 0

const unavailabilityTable = (run: ChaosRun): ReadonlyArray<string> => [
  `  ${"fault".padEnd(24)} ${
    ["times", "affected", "p50 ms", "p99 ms", "max ms"].map((word) => word.padStart(9)).join(" ")
  }`,
  ...unavailabilityOf(run).map(({ kind, max, p50, p99, share, times }) => {
    const cells = [times, `${Math.round(100 * share)} %`, ...share === 0 ? ["–", "–", "–"] : [p50, p99, max]]
    return `  ${kind.padEnd(24)} ${cells.map((cell) => String(cell).padStart(9)).join(" ")}`
  })
]

const statuses = (counts: ReadonlyMap<number, number>): Array<string> =>
  Array.from(counts, ([status, count]) => `${count} × ${status === 0 ? "no answer" : status}`)

export const chaosTable = (run: ChaosRun): ReadonlyArray<string> => {
  const { isAtRest, judged, load, probes, restarts, restWithinSeconds, staleWrites, stuck } = run
  const refused = statuses(load.refused)
  if (load.unanswered > 0) refused.push(`${load.unanswered} × not acknowledged by INBOX`)
  if (load.sentElsewhere > 0) refused.push(`${load.sentElsewhere} observations of the "future"`)
  return [
    ...unavailabilityTable(run),
    `  ${probes.questions} questions, other answers than 200: ${
      statuses(probes.bad).join(", ") || "none"
    }; asked at most `
    + `${Math.round(probes.ownDelayMillis)} ms too late`,
    "",
    ...(judged.unjudged.length > 0 ? judged.unjudged.map((sentence) => `  ✗ ${sentence}`) : judgedTable(run)),
    ...(isAtRest ? [] : [`  ✗ the city did not come to rest within ${restWithinSeconds} s`]),
    ...(load.rejected.length === 0 ? [] : [`  ✗ not taken by the door: ${load.rejected[0]}`]),
    ...(stuck.length === 0 ? [] : [`  ✗ did not stop well within 20 s: ${stuck.join(", ")}`]),
    `  lost ${judged.lost}, duplicated ${judged.duplicated}; ${staleWrites} stale writes rejected; refused and sent again: `
    + `${refused.join(", ") || "none"}; ended by themselves and started again: ${restarts.join(", ") || "none"}`
  ]
}

const mark = (isGood: boolean): string => isGood ? "✓" : "✗"

const exampleWidthMax = 300

/** Long rows: from a little before they differ. */
const shortened = (example: string): ReadonlyArray<string> => {
  const lines = example.split("\n")
  const [first = "", second = ""] = lines.map((line) => line.slice(1))
  let at = 0
  while (at < first.length && first[at] === second[at]) at++
  const from = Math.max(0, Math.min(at, first.length, second.length) - exampleWidthMax / 2)
  return lines.map((line) =>
    line.length <= exampleWidthMax
      ? line
      : `${line.slice(0, 40)} … ${line.slice(1).slice(from, from + exampleWidthMax)} …`
  )
}

const judgedTable = ({ judged, load }: ChaosRun): ReadonlyArray<string> => [
  `  ${
    mark(judged.missing.length === 0)
  } ${judged.acknowledged} different observations acknowledged (${load.acknowledged.total} with `
  + `repeats, ${load.overNats} of them by INBOX), ${judged.missing.length} of them not in the log, ${judged.unapplied} of the log in no state`,
  ...[...judged.comparisons, ...judged.checks].flatMap(({ added, example, missing, rows, what }) => [
    `  ${mark(example === undefined)} ${what.padEnd(16)} ${
      String(rows).padStart(9)
    } rows, ${missing} missing, ${added} added`,
    ...(example === undefined ? [] : shortened(example))
  ]),
  `  ${mark(judged.repeatedEvents === 0)} ${judged.repeatedEvents} events repeated`
]

export const chaosJson = (run: ChaosRun): string => {
  const kinds = unavailabilityOf(run)
  return JSON.stringify({
    acknowledged: run.judged.acknowledged,
    lost: run.judged.lost,
    duplicated: run.judged.duplicated,
    staleWritesRejected: run.staleWrites,
    faults: Object.fromEntries(kinds.map(({ kind, times }) => [kind, times])),
    unavailabilityMs: Object.fromEntries(kinds.map(({ kind, max, p50, p99 }) => [kind, { p50, p99, max }]))
  })
}
