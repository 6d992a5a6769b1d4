/**
 * What came too late for its window. Append only and in no state, so a row costs its insertion and nothing else; columns from wide
 * to narrow, without padding. The primary key is the order in which they are read, newest received first, scanned backwards.
 */
export const lateObservations: ReadonlyArray<string> = [
  `CREATE TABLE vicinity.late_observation (
    number int8 GENERATED ALWAYS AS IDENTITY,
    phenomenon_time timestamptz NOT NULL,
    result_time timestamptz,
    result float8 NOT NULL,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    datastream int4 NOT NULL,
    PRIMARY KEY (datastream, received_at, number)
  )`,
  `COMMENT ON TABLE vicinity.late_observation IS
    'Observations that came for a sealed pane: in no window, kept as they came. Append only'`,
  `COMMENT ON COLUMN vicinity.late_observation.number IS 'Order of recording; of one datastream the order of the log'`,
  `COMMENT ON COLUMN vicinity.late_observation.phenomenon_time IS 'When it was measured'`,
  `COMMENT ON COLUMN vicinity.late_observation.result_time IS 'When the result became available, where the source said so'`,
  `COMMENT ON COLUMN vicinity.late_observation.result IS 'In the unit of the datastream'`,
  `COMMENT ON COLUMN vicinity.late_observation.received_at IS 'When it came; in a replay by event time'`,
  `COMMENT ON COLUMN vicinity.late_observation.recorded_at IS 'When the commit that has it was written'`,
  `COMMENT ON COLUMN vicinity.late_observation.datastream IS 'See vicinity.datastream'`
]
