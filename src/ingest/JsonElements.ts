/**
 * The text of each element of a JSON array, as it was sent. Promise: for a text that `JSON.parse` takes for an array,
 * `text(i)` is the source of its element `i`. The boundaries are looked for once, and only when an element is asked for.
 */
export class JsonElements {
  private readonly source: string
  private boundaries: ReadonlyArray<number> | undefined

  constructor(source: string) {
    this.source = source
  }

  text(index: number): string {
    this.boundaries ??= elementBoundaries(this.source)
    const start = this.boundaries[index]
    const end = this.boundaries[index + 1]
    return start === undefined || end === undefined ? "" : this.source.slice(start + 1, end).trim()
  }
}

/** Positions of the opening bracket, the commas between elements, and the closing bracket of a valid array. */
const elementBoundaries = (source: string): ReadonlyArray<number> => {
  const boundaries: Array<number> = []
  let depth = 0
  for (let i = 0; i < source.length; i++) {
    switch (source.charCodeAt(i)) {
      case 34: // "
        i = stringEnd(source, i)
        break
      case 91: // [
      case 123: // {
        if (depth === 0) boundaries.push(i)
        depth++
        break
      case 93: // ]
      case 125: // }
        depth--
        if (depth === 0) boundaries.push(i)
        break
      case 44: // ,
        if (depth === 1) boundaries.push(i)
        break
    }
  }
  return boundaries
}

/** Position of the quote that closes the string opened at `start`. */
const stringEnd = (source: string, start: number): number => {
  let i = start + 1
  while (i < source.length && source.charCodeAt(i) !== 34) i += source.charCodeAt(i) === 92 ? 2 : 1
  return i
}
