-- +goose Up

-- Where the newest version of a resource lies is asked more often than anything else: the index answers it without the row. That a key stands once is
-- seen to by the writer, who reads it in the transaction in which it writes.
DROP INDEX resource_key;
CREATE INDEX resource_key ON resource (id, type, seq, deleted);
