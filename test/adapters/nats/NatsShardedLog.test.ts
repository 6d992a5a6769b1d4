/** The log in JetStream keeps the promises of a sharded log, on what Debian ships and on a current server. */
import { Effect } from "effect"
import { describeShardedLog } from "../../contracts/ShardedLogContract.ts"
import { natsServer, natsVersions } from "../../NatsForTests.ts"
import { openLog } from "./NatsLogs.ts"

for (const version of natsVersions) {
  describeShardedLog({
    name: `NatsShardedLog on ${version}`,
    // Several processes may write.
    refusesSecondOpener: false,
    harness: ({ consumers, limitBytes, shards }) =>
      natsServer({ version }).pipe(
        Effect.map((server) => ({
          // Each shard has its even part of the limit, and the suite fills one.
          open: openLog(server, { consumers, shards, limitBytes: limitBytes * shards })
        }))
      )
  })
}
