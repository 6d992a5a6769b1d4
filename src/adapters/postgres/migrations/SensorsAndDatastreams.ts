/** Sensors and their datastreams: what a BI tool joins the history with, and what the shards load their numbering from. */
export const sensorsAndDatastreams: ReadonlyArray<string> = [
  `CREATE SCHEMA IF NOT EXISTS vicinity`,
  `COMMENT ON SCHEMA vicinity IS 'Vicinity: what reports and dbt may read. Tables and columns are added, never changed.'`,

  `CREATE TABLE vicinity.sensor (
    sensor int4 PRIMARY KEY,
    sensor_id text NOT NULL,
    name text NOT NULL,
    longitude float8,
    latitude float8,
    district text,
    stage text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (sensor_id, stage)
  )`,
  `COMMENT ON TABLE vicinity.sensor IS 'Devices, as last known'`,
  `COMMENT ON COLUMN vicinity.sensor.sensor IS 'Number: stage * 2^30 + shard * 2^24 + number within the shard'`,
  `COMMENT ON COLUMN vicinity.sensor.sensor_id IS 'Identity chosen by the owner of the device'`,
  `COMMENT ON COLUMN vicinity.sensor.name IS 'Name for people; the id where none was given'`,
  `COMMENT ON COLUMN vicinity.sensor.longitude IS 'Degrees east, WGS 84'`,
  `COMMENT ON COLUMN vicinity.sensor.latitude IS 'Degrees north, WGS 84'`,
  `COMMENT ON COLUMN vicinity.sensor.district IS 'Id of the district it lies in'`,
  `COMMENT ON COLUMN vicinity.sensor.stage IS 'sensor: a device; district: a place that is observed as a whole'`,
  `COMMENT ON COLUMN vicinity.sensor.changed_at IS 'When this row was last written'`,

  `CREATE TABLE vicinity.datastream (
    datastream int4 PRIMARY KEY,
    sensor_id text NOT NULL,
    property text NOT NULL,
    unit text NOT NULL,
    property_number int4 NOT NULL,
    stage text NOT NULL,
    UNIQUE (sensor_id, property_number, stage)
  )`,
  `COMMENT ON TABLE vicinity.datastream IS 'One observed property of one sensor'`,
  `COMMENT ON COLUMN vicinity.datastream.datastream IS 'Number: stage * 2^30 + shard * 2^24 + slot within the shard'`,
  `COMMENT ON COLUMN vicinity.datastream.property IS 'Observed property, such as vehicle_speed'`,
  `COMMENT ON COLUMN vicinity.datastream.unit IS 'UCUM code of the unit of mean, min, max and last'`,
  `COMMENT ON COLUMN vicinity.datastream.property_number IS 'Number of the property in the catalogue of Vicinity'`
]
