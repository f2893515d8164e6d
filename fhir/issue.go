package fhir

// Severity says how much an issue matters; only Fatal and Error refuse.
//
// Source: FHIR R4, valueset-issue-severity.html
type Severity string

// The severities of R4.
const (
	Fatal       Severity = "fatal"       // reading stopped there
	Error       Severity = "error"       // the resource is refused
	Warning     Severity = "warning"     // it is taken, and somebody should look
	Information Severity = "information" // nothing is wrong
)

// Code is the kind of an issue.
//
// Source: FHIR R4, valueset-issue-type.html
type Code string

// The issue types of R4.
const (
	CodeInvalid         Code = "invalid"
	CodeStructure       Code = "structure"
	CodeRequired        Code = "required"
	CodeValue           Code = "value"
	CodeInvariant       Code = "invariant"
	CodeSecurity        Code = "security"
	CodeLogin           Code = "login"
	CodeUnknown         Code = "unknown"
	CodeExpired         Code = "expired"
	CodeForbidden       Code = "forbidden"
	CodeSuppressed      Code = "suppressed"
	CodeProcessing      Code = "processing"
	CodeNotSupported    Code = "not-supported"
	CodeDuplicate       Code = "duplicate"
	CodeMultipleMatches Code = "multiple-matches"
	CodeNotFound        Code = "not-found"
	CodeDeleted         Code = "deleted"
	CodeTooLong         Code = "too-long"
	CodeCodeInvalid     Code = "code-invalid"
	CodeExtension       Code = "extension"
	CodeTooCostly       Code = "too-costly"
	CodeBusinessRule    Code = "business-rule"
	CodeConflict        Code = "conflict"
	CodeTransient       Code = "transient"
	CodeLockError       Code = "lock-error"
	CodeNoStore         Code = "no-store"
	CodeException       Code = "exception"
	CodeTimeout         Code = "timeout"
	CodeIncomplete      Code = "incomplete"
	CodeThrottled       Code = "throttled"
	CodeInformational   Code = "informational"
)

// Issue is one thing to say about an input or a request.
//
// Its words never repeat free text of the input: they may end in a log, and the
// text may be a name or a date of birth. What they quote are element names,
// type names, and values where a code was expected.
type Issue struct {
	Severity   Severity
	Code       Code
	Expression string // FHIRPath of the place, such as Task.output[0].valueReference; "" for the whole
	Text       string // plain words: what is wrong and what would be right
}

// Refuses reports whether the issue alone is reason to refuse the input.
func (i Issue) Refuses() bool { return i.Severity == Fatal || i.Severity == Error }

// Refused reports whether any of the issues is fatal or an error.
func Refused(issues []Issue) bool {
	for _, i := range issues {
		if i.Refuses() {
			return true
		}
	}
	return false
}
