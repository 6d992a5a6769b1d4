/** A chaos run as a table for people and as one JSON object for programs. */
import type { ChaosRun } from "./ChaosRun.ts"

const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0)

const waitsOf = ({ faults, load }: ChaosRun) =>
  ["nothing", ...new Set(faults)].map((kind) => {
    const waits = load.waits.flatMap(({ after, millis }) => after === kind ? [millis] : []).sort((a, b) => a - b)
    const times = faults.filter((each) => each === kind).length
    return {
      kind,
      times,
      questions: waits.length,
      p50: quantile(waits, 0.5),
      p99: quantile(waits, 0.99),
      max: quantile(waits, 1)
    }
  })

/** Nothing is lost, nothing is there twice, whoever was told to stop did, and the load was what it is meant to be. */
export const isClean = ({ judged, load, stuck }: ChaosRun): boolean =>
  judged.lost === 0 && judged.duplicated === 0 && stuck.length === 0 && load.rejected.length === 0 && judged.acknowledged > 0

export const chaosTable = (run: ChaosRun): ReadonlyArray<string> => {
  const { judged, load, restarts, staleWrites, stuck } = run
  const refused = [...load.refused].map(([status, count]) => `${count} × ${status === 0 ? "no answer" : status}`)
  const mark = (isGood: boolean): string => isGood ? "✓" : "✗"
  return [
    `  ${"after".padEnd(20)} ${["times", "questions", "p50 ms", "p99 ms", "max ms"].map((word) => word.padStart(9)).join(" ")}`,
    ...waitsOf(run).map(({ kind, ...numbers }) =>
      `  ${kind.padEnd(20)} ${Object.values(numbers).map((number) => String(number).padStart(9)).join(" ")}`
    ),
    "",
    `  ${mark(judged.missing.length === 0)} ${judged.acknowledged} different observations acknowledged (${load.total} with `
    + `repeats), ${judged.missing.length} of them not in the log, ${judged.unapplied} of the log in no state`,
    ...judged.comparisons.flatMap(({ added, example, missing, rows, what }) => [
      `  ${mark(example === undefined)} ${what.padEnd(16)} ${String(rows).padStart(9)} rows, ${missing} missing, ${added} added`,
      ...(example === undefined ? [] : [example])
    ]),
    `  ${mark(judged.repeatedEvents === 0)} ${judged.repeatedEvents} events repeated`,
    ...(load.rejected.length === 0 ? [] : [`  ✗ not taken by the door: ${load.rejected[0]}`]),
    ...(stuck.length === 0 ? [] : [`  ✗ did not stop within 20 s, and had to be killed: ${stuck.join(", ")}`]),
    `  lost ${judged.lost}, duplicated ${judged.duplicated}; ${staleWrites} stale writes rejected; refused and sent again: `
    + `${refused.join(", ") || "none"}; ended by themselves and started again: ${restarts.join(", ") || "none"}`
  ]
}

export const chaosJson = (run: ChaosRun): string => {
  const waits = waitsOf(run)
  return JSON.stringify({
    acknowledged: run.judged.acknowledged,
    lost: run.judged.lost,
    duplicated: run.judged.duplicated,
    staleWritesRejected: run.staleWrites,
    faults: Object.fromEntries(waits.slice(1).map(({ kind, times }) => [kind, times])),
    unavailabilityMs: Object.fromEntries(waits.map(({ kind, max, p50, p99 }) => [kind, { p50, p99, max }]))
  })
}
