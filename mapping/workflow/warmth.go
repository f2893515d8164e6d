package workflow

// Element is one of the twelve elements of warmth and how well it is shown.
type Element struct {
	Name    string // "W5"
	Status  string // Done, NotDone or NotApplicable
	Shown   string `json:",omitempty"` // of one that is done: Shown, Stated, Confirmed
	Mode    string `json:",omitempty"` // of an introduction: how people met, "FACE"
	Source  string `json:",omitempty"` // the version that shows it, or says why it does not apply; "" none
	Because string `json:",omitempty"` // why it is not applicable, what is missing, or why it is flagged
}

// What can be said of an element.
const (
	Done          = "done"
	NotDone       = "not-done"
	NotApplicable = "not-applicable"
)

// When is the stretch of time in which a mark counts for an element.
type When string

// The stretches.
const (
	AnyTime       When = ""
	BeforeRelease When = "before the release"
	BeforeVisit   When = "before the visit"
	OnVisitDay    When = "on the day of the visit"
	AfterVisit    When = "after the visit"
)

// WarmthRow is one row of the table of warmth: one element, what counts for it, and when it does not apply.
type WarmthRow struct {
	Name  string // W1 … W12
	Words string // for people
	What  string // what counts, in words
	Moot  string // when it does not apply, in words; one that was left undone on purpose never does

	Marks  []string // the kinds that show it
	Answer []string // the person's answers that confirm it, or deny it
	Live   bool     // in a live medium alone
	Formal bool     // a formal letter does too
	When   When
	With   Present // who has to be named for it to be shown
	Only   bool    // without them it does not count at all; otherwise it is stated
	Tongue bool    // in the person's preferred language, else flagged
	Family bool    // with the family that the person chose, else flagged

	Missing string // said while nothing shows it
	NotYet  string // said instead while it does not apply yet
	judge   func(w *warming, r *WarmthRow) Element
}

// Warmth is the table of the twelve elements. They stand beside the state and never decide it.
//
// Source: local, the elements of a warm handoff, W1-W12
var Warmth = []WarmthRow{
	{Name: "W1", Words: "Consent in place", What: "the consent gate is open for this agency", Moot: "a treating provider that needs none",
		Missing: "no consent covers this agency", judge: (*warming).consent},
	{Name: "W2", Words: "Called the agency first", What: "a live call with the agency before the release", Moot: "after hours, in a crisis, under a standing agreement",
		Marks: []string{Precall}, Live: true, When: BeforeRelease, Missing: "nobody called the agency before sending"},
	{Name: "W3", Words: "The person and family heard it", What: "the person took part in a live talk between the services", Moot: "not wanted, or not safe",
		Marks: []string{Precall, Introduction, HeardTogether}, Live: true, With: Present{Person: true}, Only: true, Family: true, Missing: "the services did not talk in the person's presence"},
	{Name: "W4", Words: "Could correct and ask", What: "what is sent was read back, or corrected; the person says so", Moot: "not wanted",
		Marks: []string{ReadBack, Corrected}, Answer: []string{CouldCorrect, CouldAsk}, Missing: "nobody read back what is said of the person"},
	{Name: "W5", Words: "Introduced to a named worker", What: "a live moment of the person, a named worker and somebody of the referrer's, also at the first visit itself", Moot: "the person does not want it",
		Marks: []string{Introduction, IntroducedThere}, Answer: []string{KnewWho}, Live: true, With: Present{Person: true, Worker: true, Guide: true}, Missing: "not introduced", judge: (*warming).introduced},
	{Name: "W6", Words: "A date before the conversation ended", What: "the appointment was made before the live introduction or call was over", Moot: "never",
		Missing: "nobody has talked with the agency yet", judge: (*warming).dated},
	{Name: "W7", Words: "The plan in hand, in their language", What: "a plan given to the person in the preferred language, or an appointment that says who and where", Moot: "not wanted",
		Marks: []string{PlanGiven, PlanWritten}, Formal: true, Tongue: true, Missing: "the person was given no plan"},
	{Name: "W8", Words: "The story arrived and was read", What: "a worker of the agency opened the package before the visit; that it arrived is flagged", Moot: "never",
		Marks: []string{PackageRead, PackageReceived}, Answer: []string{StoryOnce}, Formal: true, When: BeforeVisit, Missing: "nobody shows that the story was read"},
	{Name: "W9", Words: "Barriers asked and dealt with", What: "the person was asked, and what is known to be needed is arranged", Moot: "not wanted",
		Marks: []string{BarriersAsked}, Missing: "nobody asked what stands in the way", judge: (*warming).barriers},
	{Name: "W10", Words: "A named navigator stayed in touch", What: "a check-in between booking and visit, two where the wait is longer than seven days, by the one named navigator", Moot: "without a booking there is no wait",
		Marks: []string{CheckIn}, Missing: "nobody checked in between the booking and the visit", NotYet: "no visit is booked", judge: (*warming).inTouch},
	{Name: "W11", Words: "Accompanied or introduced at the visit", What: "somebody known took part in the first visit, or went along, or introduced the person there", Moot: "not wanted, or before the visit",
		Marks: []string{Accompanied, VisitHeld, Introduction}, When: OnVisitDay, With: Present{Guide: true}, Missing: "nobody known was at the visit", NotYet: "there was no visit yet", judge: (*warming).accompanied},
	{Name: "W12", Words: "Checked in afterwards", What: "a live check-in after the visit, or the person's answers", Moot: "before the visit, or asked once and not answered",
		Marks: []string{CheckIn}, Answer: []string{Answered}, Live: true, When: AfterVisit, Missing: "nobody asked how it went", NotYet: "there was no visit yet", judge: (*warming).afterwards},
}

// unshown gives an element of which nothing is known.
func (r *WarmthRow) unshown() Element {
	if r.NotYet != "" {
		return Element{Name: r.Name, Status: NotApplicable, Because: r.NotYet}
	}
	return Element{Name: r.Name, Status: NotDone, Because: r.Missing}
}

// AllWarmth gives all twelve elements in order, where Handoff.Warmth leaves out those of which nothing is known.
func AllWarmth(known []Element) []Element {
	all := make([]Element, len(Warmth))
	for i := range Warmth {
		all[i] = Warmth[i].unshown()
		for _, e := range known {
			if e.Name == all[i].Name {
				all[i] = e
			}
		}
	}
	return all
}

// CountWarmth gives how many of all elements are done, and of how many that apply: "9 of 11 done".
func CountWarmth(all []Element) (done, of int) {
	for i := range all {
		if all[i].Status != NotApplicable {
			of++
		}
		if all[i].Status == Done {
			done++
		}
	}
	return done, of
}

// WarmthWords gives the plain words of an element, "" for none of that name.
func WarmthWords(name string) string {
	for i := range Warmth {
		if Warmth[i].Name == name {
			return Warmth[i].Words
		}
	}
	return ""
}
