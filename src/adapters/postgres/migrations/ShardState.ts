/**
 * What the shard processors need to go on: epochs, positions, state. State is cut into pieces of `pieceBytes` in rows of
 * their own, two versions of which fit a page (fillfactor 50): an update stays in its page, and nothing is left behind for
 * a vacuum. As one TOASTed value each, the same commits grew the table by their whole size every time.
 */
const pieces = (table: string, fillfactor: number, what: string): ReadonlyArray<string> => [
  `CREATE TABLE internal.${table} (
    stage text NOT NULL,
    shard int4 NOT NULL,
    number int4 NOT NULL,
    piece int4 NOT NULL,
    pieces int4 NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (stage, shard, number, piece)
  ) WITH (fillfactor = ${fillfactor})`,
  // Not in CREATE TABLE: that came with PostgreSQL 16.
  `ALTER TABLE internal.${table} ALTER bytes SET STORAGE PLAIN`,
  `COMMENT ON TABLE internal.${table} IS '${what}: pieces 0 to pieces - 1 of piece 0; later ones are left over'`
]

export const shardState: ReadonlyArray<string> = [
  `CREATE SCHEMA IF NOT EXISTS internal`,
  `COMMENT ON SCHEMA internal IS 'Vicinity: state of the processors, may change with any version'`,

  `CREATE TABLE internal.shard_epoch (
    stage text NOT NULL,
    shard int4 NOT NULL,
    epoch int4 NOT NULL,
    owner text NOT NULL,
    acquired_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stage, shard)
  ) WITH (fillfactor = 50)`,
  `COMMENT ON TABLE internal.shard_epoch IS 'Who may commit a shard: every commit is conditional on the newest epoch'`,

  `CREATE TABLE internal.shard_position (
    stage text NOT NULL,
    shard int4 NOT NULL,
    sequence int8 NOT NULL,
    stream text NOT NULL,
    header bytea NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stage, shard)
  ) WITH (fillfactor = 50)`,
  `ALTER TABLE internal.shard_position ALTER header SET STORAGE EXTERNAL`,
  `COMMENT ON TABLE internal.shard_position IS 'Everything of the stream up to and with the sequence is in the state'`,

  ...pieces("state_group", 50, "State of neighbouring datastreams, by group number"),
  // Three baselines of 1.5 kB a page, and room for two new versions.
  ...pieces("baseline", 60, "What is normal for a datastream, by its slot"),

  `CREATE TABLE internal.quarantine (
    stage text NOT NULL,
    shard int4 NOT NULL,
    sequence int8 NOT NULL,
    observation int4 NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stage, shard, sequence, observation)
  )`,
  `COMMENT ON TABLE internal.quarantine IS 'Observations that made the stage throw: skipped by position and index'`
]
