package fhir

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Decode returns a resource as a struct of github.com/samply/golang-fhir-models:
// Decode[models.Task](r), Decode[models.ServiceRequest](r), and so for each
// resource type of R4, for Go code that would rather have fields than [Value].
// It is an error when r is nil or of another type than M, and when M is no
// struct of a resource.
//
// The struct is a view for reading. To send on what was received take
// [Resource.Bytes]; to change it, [Resource.With]: encoded again, the struct
// would lose and invent. What it does not show:
//
//   - extensions of primitives, and the ids that primitives may have
//     ("_birthDate"), so also a primitive that is absent for a reason;
//   - which type a value[x] has, where the struct has a field without a pointer
//     for each: every other field is zero, and a value of false or 0 looks like
//     one that is absent. [Value.Choice] tells;
//   - the resource inside contained, in Bundle.entry and in Parameters: those
//     are bytes, a json.RawMessage, to Read and Decode in turn;
//   - that a date has no day, or an instant no zone, other than in its string.
//     [ParseDateTime] tells;
//   - the order of members, and white space.
func Decode[M any](r *Resource) (M, error) {
	var view M
	t := reflect.TypeFor[M]()
	if t.Kind() != reflect.Struct || !IsResourceType(t.Name()) {
		return view, fmt.Errorf("decode a resource: %s is no struct of a resource type of FHIR R4", t)
	}
	if r == nil {
		return view, fmt.Errorf("decode a %s: there is no resource", t.Name())
	}
	if r.Type() != t.Name() {
		return view, fmt.Errorf("decode a %s: the resource is a %s", t.Name(), r.Type())
	}
	if err := json.Unmarshal(r.Bytes(), &view); err != nil {
		return view, fmt.Errorf("decode a %s: %w", t.Name(), err)
	}
	return view, nil
}
