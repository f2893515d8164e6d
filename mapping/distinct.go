package mapping

import "slices"

// few is up to how many things a list is looked through; of more a set is made. Ordinary resources and referrals have few of everything, and pay for no set.
const few = 16

// distinct is a list in which each thing stands once, in the order in which they came.
type distinct[T comparable] struct {
	list []T
	set  map[T]struct{} // nil while there are few
}

// distinctOf gives a list with these.
func distinctOf[T comparable](things ...T) distinct[T] {
	var d distinct[T]
	for _, one := range things {
		d.add(one)
	}
	return d
}

// add puts something at the end, unless it is there, and reports whether it was not.
func (d *distinct[T]) add(one T) bool {
	if d.has(one) {
		return false
	}
	d.list = append(d.list, one)
	switch {
	case d.set != nil:
		d.set[one] = struct{}{}
	case len(d.list) > few:
		d.set = make(map[T]struct{}, 2*len(d.list))
		for _, o := range d.list {
			d.set[o] = struct{}{}
		}
	}
	return true
}

func (d *distinct[T]) has(one T) bool {
	if d.set == nil {
		return slices.Contains(d.list, one)
	}
	_, in := d.set[one]
	return in
}
