/**
 * Writes the file that Vicinity and its peers read: FILE DATASTREAMS ROUNDS. One JSON observation a line, in the order of arrival, from a
 * seed. Promises: each datastream (two a sensor) measures once in ten seconds; one observation in a hundred arrives up to four minutes
 * after it was measured, one in a hundred arrives twice, and none is later than the lateness of five minutes. The last line printed is JSON.
 */
import { closeSync, openSync, writeSync } from "node:fs"
import { randomNumbers } from "../stack/Random.ts"
import { shuffle, startOfTime } from "./Workload.ts"

const [file = "", datastreams = "0", rounds = "0"] = process.argv.slice(2)
const intervalMillis = 10_000
const roundsLateMax = 23
const chunkLines = 10_000

const random = randomNumbers(42)
const below = (n: number): number => Math.floor(n * random())

const names = Array.from({ length: Number(datastreams) }, (_, i) => {
  const sensorId = `detector-${(i >> 1).toString(36).padStart(5, "0")}`
  return `{"sensorId":"${sensorId}","property":"${i % 2 === 0 ? "vehicle_speed" : "vehicle_flow"}"`
})

const descriptor = openSync(file, "w")
let bytes = 0
let repeated = 0
let lines = 0
const waiting = Array.from({ length: Number(rounds) + roundsLateMax + 1 }, (): Array<string> => [])
for (let round = 0; round < waiting.length; round++) {
  const arriving = waiting[round] ?? []
  if (round < Number(rounds)) {
    for (const name of names) {
      const time = new Date(startOfTime + round * intervalMillis + below(intervalMillis)).toISOString()
      const line = `${name},"phenomenonTime":"${time}","result":${(400 + below(200)) / 10}}\n`
      const isLate = below(100) === 0
      if (isLate) waiting[round + 1 + below(roundsLateMax)]?.push(line)
      else arriving.push(line)
      if (below(100) === 0) {
        repeated++
        waiting[round + below(roundsLateMax + 1)]?.push(line)
      }
    }
  }
  shuffle(arriving, random)
  for (let from = 0; from < arriving.length; from += chunkLines) {
    bytes += writeSync(descriptor, arriving.slice(from, from + chunkLines).join(""))
  }
  lines += arriving.length
  waiting[round] = []
}
closeSync(descriptor)
console.log(JSON.stringify({ lines, repeated, bytes }))
