package store

import (
	"context"
	"math"
)

// Room is how much of what is read somebody can hold in memory, as long as an answer is made and until it is sent. Calls come one at a time.
type Room interface {
	// Left returns how many bytes of bodies the next page may have. What is one body alone may have more, so that every page holds something.
	Left() int
	// Take notes that bodies of so many bytes are held. An error ends the reading and is what comes of it.
	Take(bytes int) error
}

type roomKey struct{}

// WithRoom returns a context for Views in which every page of a Search or History, and what is Placed, ends where it has as many bytes as there is room
// for: More then says that there are others. Single versions are noted too. With a nil Room, nothing is bounded. An Update has no bounds.
func WithRoom(ctx context.Context, room Room) context.Context {
	if room == nil && ctx.Value(roomKey{}) == nil {
		return ctx
	}
	return context.WithValue(ctx, roomKey{}, room)
}

// WithHalf returns a context under which pages take half of the room at most, and leave the rest to what goes with them.
func WithHalf(ctx context.Context) context.Context {
	if room, _ := ctx.Value(roomKey{}).(Room); room != nil {
		return WithRoom(ctx, half{room})
	}
	return ctx
}

type half struct{ Room }

func (h half) Left() int { return h.Room.Left() / 2 }

// Left returns how many bytes of bodies a page may have that is read under a context.
func Left(ctx context.Context) int {
	if room, _ := ctx.Value(roomKey{}).(Room); room != nil {
		return room.Left()
	}
	return math.MaxInt
}

// Take notes that bodies of so many bytes were read under a context, or are about to be.
func Take(ctx context.Context, bytes int) error {
	if room, _ := ctx.Value(roomKey{}).(Room); room != nil {
		return room.Take(bytes)
	}
	return nil
}

// Fitting returns how many of the versions, from the first on, have no more than so many bytes; at least one.
func Fitting(versions []Version, bytes int) int {
	for i := range versions {
		if bytes -= len(versions[i].Body); bytes < 0 {
			return max(i, 1)
		}
	}
	return len(versions)
}
