/**
 * What the database belongs to: its identity and the number of shards that its state was keyed by. A row that can only be one, and the
 * comments that were still missing.
 */
import { shardCount } from "../../../schemas/Shards.ts"

export const deployment: ReadonlyArray<string> = [
  `CREATE TABLE internal.deployment (
    single bool PRIMARY KEY DEFAULT true CHECK (single),
    identity uuid NOT NULL DEFAULT gen_random_uuid(),
    shard_count int4 NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `COMMENT ON TABLE internal.deployment IS 'The one deployment whose state is here; another shard count is refused'`,
  `INSERT INTO internal.deployment (shard_count) VALUES (${shardCount})`,

  `COMMENT ON TABLE internal.migration IS 'Migrations that were applied'`,
  `COMMENT ON COLUMN vicinity.datastream.sensor_id IS 'See vicinity.sensor'`,
  `COMMENT ON COLUMN vicinity.datastream.stage IS 'sensor: of a device; district: of a place that is observed as a whole'`,
  `COMMENT ON COLUMN vicinity.window_history.min IS 'Lowest result'`,
  `COMMENT ON COLUMN vicinity.window_history.max IS 'Highest result'`,
  `COMMENT ON COLUMN vicinity.district_window_history.start IS 'Inclusive start, event time'`,
  `COMMENT ON COLUMN vicinity.district_window_history.min IS 'Lowest result'`,
  `COMMENT ON COLUMN vicinity.district_window_history.max IS 'Highest result'`,
  `COMMENT ON COLUMN vicinity.district_window_history.district IS 'See vicinity.district'`,
  `COMMENT ON COLUMN vicinity.district_window_history.property IS 'Observed property, such as vehicle_speed'`,
  `COMMENT ON COLUMN vicinity.district_state_history.recorded_at IS 'When the commit that has it was written'`,
  `COMMENT ON COLUMN vicinity.district_state_history.district IS 'See vicinity.district'`,
  `COMMENT ON COLUMN vicinity.district_state_history.revision IS '0 for the first; a later one replaces it'`,
  `COMMENT ON COLUMN vicinity.district_state_history.final IS 'False where windows of its sensors were still open'`
]
