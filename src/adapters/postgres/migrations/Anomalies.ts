/** Anomalies: a row for each, brought up to date until it is closed. In tables by the month in which they opened (docs/adr/0018). */
export const anomalies: ReadonlyArray<string> = [
  `CREATE TABLE vicinity.anomaly (
    opened timestamptz NOT NULL,
    closed timestamptz,
    observed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    score float8 NOT NULL,
    expected_low float8 NOT NULL,
    expected_high float8 NOT NULL,
    observed float8 NOT NULL,
    datastream int4 NOT NULL,
    district int4,
    revision int4 NOT NULL,
    severity text NOT NULL,
    ending text,
    sentence text NOT NULL,
    PRIMARY KEY (datastream, opened)
  ) PARTITION BY RANGE (opened)`,
  `CREATE INDEX anomaly_district ON vicinity.anomaly (district, opened, datastream)`,
  `CREATE INDEX anomaly_open ON vicinity.anomaly (district, opened, datastream) WHERE closed IS NULL`,
  `COMMENT ON TABLE vicinity.anomaly IS
    'Episodes in which a datastream was far from what was expected: one row each, as it is known now'`,
  `COMMENT ON COLUMN vicinity.anomaly.opened IS 'Phenomenon time of the observation that opened it'`,
  `COMMENT ON COLUMN vicinity.anomaly.closed IS 'When it ended; null while it is open'`,
  `COMMENT ON COLUMN vicinity.anomaly.observed_at IS 'Phenomenon time of the observation that is furthest beyond'`,
  `COMMENT ON COLUMN vicinity.anomaly.recorded_at IS 'When this revision was written'`,
  `COMMENT ON COLUMN vicinity.anomaly.score IS 'How far beyond: 1 is the edge of what was expected, 3 opens an anomaly'`,
  `COMMENT ON COLUMN vicinity.anomaly.expected_low IS 'What was expected of that observation, in the unit of the datastream: from'`,
  `COMMENT ON COLUMN vicinity.anomaly.expected_high IS 'What was expected of that observation: to'`,
  `COMMENT ON COLUMN vicinity.anomaly.observed IS 'Its result'`,
  `COMMENT ON COLUMN vicinity.anomaly.datastream IS 'See vicinity.datastream'`,
  `COMMENT ON COLUMN vicinity.anomaly.district IS 'In which it opened, see vicinity.district; null outside all'`,
  `COMMENT ON COLUMN vicinity.anomaly.revision IS '0 when it opened, counted up when it became more severe and when it closed'`,
  `COMMENT ON COLUMN vicinity.anomaly.severity IS 'minor, major or critical'`,
  `COMMENT ON COLUMN vicinity.anomaly.ending IS 'over, silent (nothing came any more) or corrected; null while it is open'`,
  `COMMENT ON COLUMN vicinity.anomaly.sentence IS 'What happened, for people'`
]
