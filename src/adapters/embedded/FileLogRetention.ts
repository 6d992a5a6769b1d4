/**
 * What the consumers of a log need no more. Promise: a segment is released only when every configured consumer has
 * reported a position at or beyond its last record of every shard; nothing is remembered across restarts, so after one
 * nothing is released before each has reported again.
 */
export class Retention {
  private readonly positions: Map<string, Float64Array>

  constructor(consumers: ReadonlyArray<string>, shards: number) {
    this.positions = new Map(consumers.map((consumer) => [consumer, new Float64Array(shards + 1)]))
  }

  /** Positions never go back. False for a consumer that is not configured. */
  report(consumer: string, shard: number, sequence: number): boolean {
    const positions = this.positions.get(consumer)
    if (positions === undefined) return false
    if (sequence > (positions[shard] as number)) positions[shard] = sequence
    return true
  }

  /** Whether everything before these next sequences is released. Without consumers everything is. */
  released(next: Float64Array): boolean {
    for (const positions of this.positions.values()) {
      for (let shard = 1; shard < next.length; shard++) {
        if ((positions[shard] as number) < (next[shard] as number) - 1) return false
      }
    }
    return true
  }

  get consumers(): ReadonlyArray<string> {
    return [...this.positions.keys()]
  }
}
