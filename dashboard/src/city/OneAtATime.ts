/**
 * A question of which one is under way at a time: asked meanwhile, it is asked once more afterwards. Promise: nobody who wanted a
 * reset gets less than that.
 */
export const oneAtATime = (
  signal: AbortSignal,
  ask: (isReset: boolean) => Promise<void>
): (isReset: boolean) => Promise<void> => {
  let isAsking = false
  /** Whether somebody asked meanwhile, and whether one of them wanted a reset. */
  let again: boolean | undefined
  return async (isReset) => {
    if (isAsking) {
      again = isReset || again === true
      return
    }
    isAsking = true
    for (let next: boolean | undefined = isReset; next !== undefined && !signal.aborted; next = again) {
      again = undefined
      await ask(next)
    }
    isAsking = false
  }
}
