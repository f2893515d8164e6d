-- +goose Up

-- The record: every version of every resource. seq is its place in the order of all versions.
CREATE TABLE version (
    seq     INTEGER PRIMARY KEY,
    rid     INTEGER NOT NULL, -- resource.rid
    number  INTEGER NOT NULL,
    type    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    updated INTEGER NOT NULL, -- milliseconds since 1970, UTC
    deleted INTEGER NOT NULL, -- 0 or 1
    role    TEXT    NOT NULL,
    party   TEXT    NOT NULL,
    own     INTEGER NOT NULL, -- 0 or 1
    body    BLOB              -- NULL when deleted
);
CREATE UNIQUE INDEX version_number ON version (rid, number);

-- Where the newest version of each resource is, and which terms and links it has, packed, so that the next version can take them away by key.
CREATE TABLE resource (
    rid     INTEGER PRIMARY KEY, -- seq of the first version
    type    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    deleted INTEGER NOT NULL, -- 0 or 1
    terms   BLOB,
    links   BLOB
);
CREATE UNIQUE INDEX resource_key ON resource (type, id);
CREATE INDEX resource_newest ON resource (type, seq, deleted);

-- What the newest versions are found by. All terms of a resource carry the seq of its newest version.
CREATE TABLE term (
    param TEXT    NOT NULL,
    value TEXT    NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (param, value, seq)
) WITHOUT ROWID;

-- What points where. Links that the newest version no longer has stay, as former.
CREATE TABLE link (
    target TEXT    NOT NULL, -- "ServiceRequest/sr1"
    rid    INTEGER NOT NULL, -- the resource that points
    via    TEXT    NOT NULL,
    former INTEGER NOT NULL, -- 0 or 1
    PRIMARY KEY (target, rid, via)
) WITHOUT ROWID;

-- The read model: one leg of a referral.
CREATE TABLE handoff (
    task     TEXT    NOT NULL PRIMARY KEY,
    referral TEXT    NOT NULL,
    agency   TEXT    NOT NULL,
    patient  TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    due      INTEGER, -- microseconds since 1970, UTC; NULL: nothing
    wake     INTEGER, -- likewise; NULL: never
    seq      INTEGER NOT NULL,
    doc      BLOB
);
CREATE INDEX handoff_referral ON handoff (referral, task);
CREATE INDEX handoff_wake ON handoff (wake, task) WHERE wake IS NOT NULL;

-- Keys under which an answer is kept, so that the same request twice does its work once.
CREATE TABLE idempotency (
    key   TEXT    NOT NULL PRIMARY KEY,
    value TEXT    NOT NULL,
    at    INTEGER NOT NULL -- milliseconds since 1970, UTC
) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);
