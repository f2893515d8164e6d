-- +goose Up

-- Of the rules and settings by which a row was made. A row without one was made before rows had marks.
ALTER TABLE handoff ADD COLUMN mark TEXT NOT NULL DEFAULT '';
