/** The file log keeps the promises of a sharded log. */
import { Effect } from "effect"
import { describeShardedLog } from "../../contracts/ShardedLogContract.ts"
import { openSmall, temporaryFolder } from "./FileLogFolders.ts"

describeShardedLog({
  name: "FileLog",
  refusesSecondOpener: true,
  harness: ({ consumers, limitBytes, shards }) =>
    temporaryFolder.pipe(
      Effect.map((folder) => ({
        open: openSmall(folder, { consumers, shards, limitBytes, segmentBytes: limitBytes / 8 })
      }))
    )
})
