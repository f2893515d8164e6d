-- +goose Up

-- Terms that are in no index, packed like the others: they sort out what something else has found.
ALTER TABLE resource ADD COLUMN loose BLOB;
