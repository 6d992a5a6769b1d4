/**
 * Somebody who publishes observations over NATS as docs/inbox.md tells it. Promise: a message is published again, under the same id, until
 * INBOX says that it has it.
 */
import { jetstream, type JetStreamClient, jetstreamManager } from "@nats-io/jetstream"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { setTimeout as sleep } from "node:timers/promises"
import { defaultPrefix, streamOf } from "../src/schemas/Subjects.ts"

const inbox = streamOf(defaultPrefix, "INBOX")
const patienceMillis = 3_000
const pauseMillis = 250

export class InboxSender {
  /** Attempts that INBOX did not acknowledge. */
  unanswered = 0
  private readonly client: NatsConnection
  private readonly stream: JetStreamClient

  private constructor(client: NatsConnection) {
    this.client = client
    this.stream = jetstream(client)
  }

  static async open(natsUrl: string): Promise<InboxSender> {
    const options = { servers: natsUrl, maxReconnectAttempts: -1, reconnectTimeWait: pauseMillis, pingInterval: 2_000 }
    return new InboxSender(await connect(options))
  }

  async send(subject: string, body: string, msgID: string): Promise<void> {
    while (true) {
      try {
        await this.stream.publish(subject, body, { msgID, timeout: patienceMillis })
        return
      } catch {
        this.unanswered++
        await sleep(pauseMillis)
      }
    }
  }

  /** Succeeds when everything that was published is through the door. */
  async isEmptied(signal: AbortSignal): Promise<void> {
    const { streams } = await jetstreamManager(this.client)
    while (!signal.aborted && (await streams.info(inbox)).state.messages > 0) await sleep(pauseMillis)
  }

  async close(): Promise<void> {
    await this.client.close()
  }
}
