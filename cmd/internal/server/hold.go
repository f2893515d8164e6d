package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"warmhandoff/cmd/internal/store"
)

// errHeld says that answers which are not sent yet take all the memory that they may, together or for this caller.
var errHeld = errors.New("server: answers take all the memory that they may")

// copies is how many times less there may be at once of what is sent as XML or as indented JSON: that is made of the whole.
const copies = 4

// held reports whether the caller gets what the route reads as it is, so that it lies in memory until it is sent.
func (rt *route) held() bool {
	switch rt.kind {
	case doRead, doVRead, doSearch, doSearchAll, doHistory, doHistoryType, doHistoryAll:
		return true
	}
	return rt.operation() == "everything"
}

// hold is the memory that the answer to one HTTP request takes, from when it is read until it is sent. It is the store's Room for it. The first 64 KiB are
// nobody's concern.
type hold struct {
	server  *Server
	asked   *request
	from    *http.Request
	name    string // of the caller, once it was asked for
	page    int    // what a page may have
	most    int    // what all entries of a Bundle may have together
	taken   int    // what the answer has
	begun   int    // what it had when the entry began that is being carried out
	charged int64
}

func (s *Server) newHold(in *request, r *http.Request) *hold {
	h := &hold{server: s, asked: in, from: r, page: s.set.Limits.Page, most: s.set.Limits.Bundle}
	if in.form.xml || in.form.pretty {
		h.page, h.most = h.page/copies, h.most/copies
	}
	return h
}

// who names the caller, for what callers share: the party, or where nobody says for whom they speak the address.
func (h *hold) who() string {
	if h.name == "" {
		if h.name = h.asked.who.Party; h.name == "" {
			h.name = h.server.hop(h.from).client.String()
		}
	}
	return h.name
}

var _ store.Room = (*hold)(nil)

// Left implements store.Room. Where memory is short pages are, too.
func (h *hold) Left() int {
	left := min(h.page-(h.taken-h.begun), h.most-h.taken)
	if spare := max(free, h.charged) - int64(h.taken); int64(left) > spare {
		left = min(left, int(spare+h.server.answers.room(h.who())))
	}
	return left
}

// Take implements store.Room.
func (h *hold) Take(bytes int) error {
	h.taken += bytes
	more := h.due() - h.charged
	if more <= 0 {
		return nil
	}
	if !h.server.answers.take(h.who(), more) {
		return errHeld
	}
	h.charged += more
	return nil
}

// due gives what the pool has to know of. It counts in pieces, so that it is not asked for every row.
func (h *hold) due() int64 {
	if h.taken <= free {
		return 0
	}
	return (int64(h.taken) + free - 1) / free * free
}

// begin begins an entry, or what is a request of its own.
func (h *hold) begin() { h.begun = h.taken }

// full reports whether no other entry can be read.
func (h *hold) full() bool { return h.taken >= h.most }

// ended notes that the answer to what was begun has so many bytes.
func (h *hold) ended(bytes int) { h.settle(h.begun + bytes) }

// settle notes that the answer has so many bytes, which are there.
func (h *hold) settle(bytes int) {
	h.taken = bytes
	due := h.due()
	switch {
	case due < h.charged:
		h.server.answers.give(h.who(), h.charged-due)
	case due > h.charged:
		h.server.answers.force(h.who(), due-h.charged)
	}
	h.charged = due
}

// wait lets go of everything and waits for as much as a page may take.
func (h *hold) wait(ctx context.Context) error {
	h.taken, h.begun = 0, 0
	h.settle(0)
	n, err := h.server.answers.wait(ctx, h.who(), int64(h.page))
	h.charged = n
	return err
}

// done gives everything back.
func (h *hold) done() { h.settle(0) }

// held gives the context under which a request is carried out, with room for its answer where that comes out of the store as it is.
func (in *request) held(ctx context.Context) context.Context {
	if in.route.held() {
		return store.WithRoom(ctx, in.hold)
	}
	return ctx
}

// tooMuch refuses an entry of a Bundle that is answered with as much as it may. What was written is never taken back for that, it is only not shown.
func (h *hold) tooMuch(done bool) string {
	ask := "This one was not carried out: ask for it on its own, or in another Bundle."
	if done {
		ask = "This one was written and is not shown: read it on its own, or send Prefer: return=minimal."
	}
	return fmt.Sprintf("The answers to the entries before fill what one Bundle may be answered with, %d bytes (of XML, or indented, a quarter of it). %s", h.server.set.Limits.Bundle, ask)
}
