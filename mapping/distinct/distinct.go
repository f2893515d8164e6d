// Package distinct is a list in which each thing stands once, in the order in which it came: requests to look at, people that are one, links of a
// resource.
//
// Ordinary messages have few of everything, and hostile ones have many. So a list is looked through while it is short, and pays for no set; once it is
// longer a set is made, and asking stays as quick however long the list grows.
//
// It knows nothing of what it lists: the mapping, the use cases and the store each need it, and none of them is its home.
package distinct

import "slices"

// Few is up to how many things a list is looked through; of more a set is made.
const Few = 16

// List is a list in which each thing stands once, in the order in which they came. The zero List is empty and ready. It is not safe for concurrent use,
// and a copy of one that is added to is not to be used any more.
type List[T comparable] struct {
	items []T
	set   map[T]struct{} // nil while there are few
}

// Of returns a list of these.
func Of[T comparable](things ...T) List[T] {
	l := List[T]{items: slices.Grow([]T(nil), len(things))}
	for _, one := range things {
		l.Put(one)
	}
	return l
}

// Put puts something at the end, unless it is there, and reports whether it was not.
func (l *List[T]) Put(one T) bool {
	if l.Has(one) {
		return false
	}
	l.items = append(l.items, one)
	switch {
	case l.set != nil:
		l.set[one] = struct{}{}
	case len(l.items) > Few:
		l.set = make(map[T]struct{}, 2*len(l.items))
		for _, o := range l.items {
			l.set[o] = struct{}{}
		}
	}
	return true
}

// Has reports whether something is in the list.
func (l *List[T]) Has(one T) bool {
	if l.set == nil {
		return slices.Contains(l.items, one)
	}
	_, in := l.set[one]
	return in
}

// Len returns how many things there are.
func (l *List[T]) Len() int { return len(l.items) }

// Items returns the things in their order, nil for none. The slice is the list's own: what is added later is not in it.
func (l *List[T]) Items() []T { return l.items }
