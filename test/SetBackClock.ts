/** The machine's clock as an administrator sets it: the wall clock an hour back, while some time passes all the same. */
import { Clock, Effect } from "effect"

const hourMillis = 3_600_000

export const setBackClock = Effect.map(Clock.Clock, (machine) => {
  let backMillis = 0
  let passedMillis = 0
  const currentTimeMillisUnsafe = () => machine.currentTimeMillisUnsafe() - backMillis
  const monotonicTimeNanosUnsafe = () => machine.monotonicTimeNanosUnsafe() + BigInt(passedMillis) * 1_000_000n
  const clock: Clock.Clock = Object.assign(Object.create(machine) as Clock.Clock, {
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
    monotonicTimeNanosUnsafe,
    monotonicTimeNanos: Effect.sync(monotonicTimeNanosUnsafe)
  })
  return {
    clock,
    setBack: (passed: number): void => {
      backMillis = hourMillis
      passedMillis = passed
    }
  }
})
