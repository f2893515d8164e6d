// Package turn says whose turn it is where several callers share what only one, or only some, can have at a time: the writer of a store, its read
// connections, a server's places, the processors.
//
// Two ideas hold it together. Who waits, waits in a line of their own: of many that one caller sends, the others wait for none. And whoever had least of
// it so far is next, so that one dear request is paid for by whoever sent it.
//
// It knows nothing of what is shared. Who a caller is travels in the context: a party, or an address; "" is the program itself.
package turn

import (
	"context"
	"errors"
)

// ErrFull says that there is no place left to wait in.
var ErrFull = errors.New("turn: too many wait")

// ErrClosed says that nobody is served any more.
var ErrClosed = errors.New("turn: closed")

type workKey struct{}

// For returns a context in which a caller asks. What is done for nobody but the program needs none.
func For(ctx context.Context, caller string) context.Context {
	return context.WithValue(ctx, workKey{}, &Work{caller: caller})
}

// Of returns the caller for whom a context is, "" where it does not say.
func Of(ctx context.Context) string {
	if w := workOf(ctx); w != nil {
		return w.caller
	}
	return ""
}

func workOf(ctx context.Context) *Work {
	w, _ := ctx.Value(workKey{}).(*Work)
	return w
}

// share is how much of what there is one caller may have, in quarters: whoever comes next finds some. At least one.
const share = 3

// shareOf returns how many of so many places a caller may have. What the program does by itself is not held back.
func shareOf(caller string, places int) int {
	if caller == "" {
		return places
	}
	return max(1, places*share/4)
}
