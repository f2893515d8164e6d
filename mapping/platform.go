package mapping

// Platform is a published list of what a server must do, as data: a CapabilityStatement of a guide, of kind requirements.
type Platform struct {
	Canonical string
	Source    string
	Demands   []Demand
}

// Demand is what is asked for one type. The names are FHIR's; lists are words with spaces between.
type Demand struct {
	Type     string
	Level    Level
	Does     string // interactions: "create read"
	Params   string // search parameters
	Includes string // "Task:focus"
	Asks     string // operations
	Keeps    string // profiles, canonical URLs without version
}

// Level says how much a demand binds.
type Level string

// The levels, as RFC 2119 has them; what is only wished for does not keep a server from being one.
const (
	Shall Level = "SHALL"
	May   Level = "SHOULD or MAY"
)
