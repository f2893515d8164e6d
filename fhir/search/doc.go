// Package search says what a resource can be found by, and reads what a caller searches for.
//
// Both sides are made from one table of search parameters (type, name, kind, path), so that they cannot drift apart: [Terms] walks the paths
// and gives the terms that a store keeps beside a resource; [Parse] turns a search string into matches over the same terms. A term is a
// parameter and a value, both plain text, and every question is asked as "is this value there":
//
//	Task.owner            Organization/harbor          a reference below our own base, or a relative one
//	Task.owner            https://other/fhir/Organization/1   any other reference, as it is written, without a version
//	Task.owner            id:urn:x|7                   a logical reference, by its identifier
//	Task.code             fulfill                      a token, whatever its system
//	Task.code             http://…/task-code|fulfill   a token with its system
//	Task.code             |fulfill                     a token that has none
//	Task.status           requested                    a code: its system is fixed by the standard and not written
//	Task._profile         http://…                     a canonical URL, once without and, if it has one, once with its version
//	Task.owner+status     Organization/harbor|requested   a pair that is often asked for together
//
// The pairs make a worklist (owner and status, newest first) one range of an index, however large the store.
//
// Some parameters share the terms of another one: patient is subject where the subject is a Patient. See [Param].
//
// What is not here: running a search (the store), pages and cursors (the engine), dates other than _lastUpdated, strings, chains, includes.
package search
