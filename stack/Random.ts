/** Numbers that look drawn and are the same in every run: a linear congruential generator (Numerical Recipes), in [0, 1). */
export const randomNumbers = (seed: number): () => number => {
  let state = seed >>> 0
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}
