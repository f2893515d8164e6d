-- +goose Up

-- How a version was written: POST, PUT, PATCH or DELETE; '' for what was written before this was kept. It lies behind the body, and only a history reads it.
ALTER TABLE version ADD COLUMN method TEXT NOT NULL DEFAULT '';
