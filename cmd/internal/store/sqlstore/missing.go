package sqlstore

import "context"

func (r *reader) Missing(ctx context.Context, typ string, limit int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []string
	err := r.s.query(context.Background(), `SELECT DISTINCT l.target FROM link l
		WHERE l.target > ? AND l.target < ? AND l.former = 0
		AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.type = ? AND r.id = substr(l.target, ?))
		ORDER BY l.target LIMIT ?`, []any{typ + "/", typ + "0", typ, len(typ) + 2, limit}, func(r row) error {
		all = append(all, r.text(0))
		return nil
	})
	return all, err
}
