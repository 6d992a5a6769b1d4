/** Two whole numbers in one word: a signed one of 32 bits below, one from 0 to 2^20 above it. */
const aboveLow = 2 ** 32

export const packed = (above: number, low: number): number => aboveLow * above + low
export const lowOf = (word: number): number => word | 0
export const aboveOf = (word: number): number => (word - (word | 0)) / aboveLow
