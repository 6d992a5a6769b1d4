/** What districts were: their windows and their public states, append only, each revision with the time since when it was known. */

/** Of the view; `PartitionedHistory` replaces it by the same over the new tables. */
export const districtWindow =
  `SELECT d.district_id, h.property, h.size_ms, h.start, h.start + h.size_ms * interval '1 millisecond' AS "end",
      h.count, h.mean, h.variance, h.min, h.max, h.sensors, h.expected, h.seen, h.ill, h.revision, h.final, h.known_at
    FROM vicinity.district_window_history h
    JOIN vicinity.district d ON d.district = h.district
    WHERE NOT EXISTS (
      SELECT FROM vicinity.district_window_history newer
      WHERE newer.district = h.district AND newer.property = h.property AND newer.size_ms = h.size_ms
        AND newer.start = h.start AND newer.revision > h.revision
    )`

export const districtHistory: ReadonlyArray<string> = [
  `CREATE TABLE vicinity.district (
    district int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    district_id text NOT NULL UNIQUE
  )`,
  `COMMENT ON TABLE vicinity.district IS 'Districts that something was found out about'`,
  `COMMENT ON COLUMN vicinity.district.district IS 'Number in the tables of history'`,
  `COMMENT ON COLUMN vicinity.district.district_id IS 'Id of the district in the map, or its H3 cell'`,

  `CREATE TABLE vicinity.district_window_history (
    start timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    mean float8,
    variance float8,
    min float8,
    max float8,
    last float8,
    weight float8 NOT NULL,
    referenced float8 NOT NULL,
    compared float8 NOT NULL,
    district int4 NOT NULL,
    size_ms int4 NOT NULL,
    count int4 NOT NULL,
    sensors int4 NOT NULL,
    expected int4 NOT NULL,
    seen int4 NOT NULL,
    ill int4 NOT NULL,
    beyond_first int4 NOT NULL,
    beyond_second int4 NOT NULL,
    revision int4 NOT NULL,
    final bool NOT NULL,
    property text NOT NULL,
    PRIMARY KEY (district, property, size_ms, start, revision)
  )`,
  `CREATE INDEX district_window_history_start ON vicinity.district_window_history USING brin (start)`,
  `COMMENT ON TABLE vicinity.district_window_history IS
    'Windows [start, start + size_ms) of districts, append only: a later revision replaces an earlier one'`,
  `COMMENT ON COLUMN vicinity.district_window_history.known_at IS
    'Since when this revision was known, in the time of the log; filter by it to ask what was known'`,
  `COMMENT ON COLUMN vicinity.district_window_history.recorded_at IS 'When the commit that has it was written'`,
  `COMMENT ON COLUMN vicinity.district_window_history.mean IS
    'Over the sensors, each with its health weight, by the aggregation of the property; null without a value'`,
  `COMMENT ON COLUMN vicinity.district_window_history.variance IS 'Population variance of the observations'`,
  `COMMENT ON COLUMN vicinity.district_window_history.last IS
    'Of the last results of the sensors, each with its health weight, by the aggregation of the property'`,
  `COMMENT ON COLUMN vicinity.district_window_history.weight IS 'Sum of the health weights of the sensors with a value'`,
  `COMMENT ON COLUMN vicinity.district_window_history.referenced IS
    'Sum of the weights of sensors that were compared with a reference of their own'`,
  `COMMENT ON COLUMN vicinity.district_window_history.compared IS
    'Weighted sum of these comparisons: share of free-flow speed, or 1 for a regular headway'`,
  `COMMENT ON COLUMN vicinity.district_window_history.size_ms IS 'Length in milliseconds: 300000 or 3600000'`,
  `COMMENT ON COLUMN vicinity.district_window_history.count IS 'Observations counted'`,
  `COMMENT ON COLUMN vicinity.district_window_history.sensors IS 'Datastreams with a value in the window'`,
  `COMMENT ON COLUMN vicinity.district_window_history.expected IS 'Sensors that belong to the district at this hour'`,
  `COMMENT ON COLUMN vicinity.district_window_history.seen IS 'Of them, those that report by their own rhythm'`,
  `COMMENT ON COLUMN vicinity.district_window_history.ill IS 'Of the seen, those that are stuck'`,
  `COMMENT ON COLUMN vicinity.district_window_history.beyond_first IS
    'Observations beyond the first threshold of the property, away from zero'`,
  `COMMENT ON COLUMN vicinity.district_window_history.beyond_second IS 'The same for the second threshold'`,
  `COMMENT ON COLUMN vicinity.district_window_history.revision IS '0 for the first; a later one replaces it'`,
  `COMMENT ON COLUMN vicinity.district_window_history.final IS 'False where windows of its sensors were still open'`,

  `CREATE TABLE vicinity.district_state_history (
    start timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    quality float8,
    confidence float8,
    district int4 NOT NULL,
    revision int4 NOT NULL,
    final bool NOT NULL,
    state jsonb NOT NULL,
    PRIMARY KEY (district, start, revision)
  )`,
  `CREATE INDEX district_state_history_start ON vicinity.district_state_history USING brin (start)`,
  `COMMENT ON TABLE vicinity.district_state_history IS
    'Public state of districts, a row for each step of five minutes and revision, append only'`,
  `COMMENT ON COLUMN vicinity.district_state_history.start IS 'Start of the step, event time'`,
  `COMMENT ON COLUMN vicinity.district_state_history.known_at IS 'Since when this revision was known, in the time of the log'`,
  `COMMENT ON COLUMN vicinity.district_state_history.quality IS 'Quality of life, 0 to 100; null where there was nothing to judge by'`,
  `COMMENT ON COLUMN vicinity.district_state_history.confidence IS 'How well it is known, 0 to 1'`,
  `COMMENT ON COLUMN vicinity.district_state_history.state IS 'The state as the API shows it'`,

  `CREATE VIEW vicinity.district_window AS
    ${districtWindow}`,
  `COMMENT ON VIEW vicinity.district_window IS 'Windows of districts by name, each in its newest revision'`
]
