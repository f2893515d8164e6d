package search

import (
	"time"

	"warmhandoff/fhir"
)

// Spans are written so that the order of text is the order of time or number: "from,to", half open. A time is the milliseconds since the year 1 in 15
// digits, UTC; a number is a decimal as number.go writes it. An end that is open is all zeros or the greatest digit.

const (
	openTime = "000000000000000"
	endTime  = "999999999999999"
)

var yearOne = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// moment writes a time.
func moment(t time.Time) string { return spanOf(t, t)[:len(openTime)] }

// spanOf writes the time between two.
func spanOf(from, to time.Time) string {
	b := [2*len(openTime) + 1]byte{len(openTime): ','}
	writeTime(b[:len(openTime)], from)
	writeTime(b[len(openTime)+1:], to)
	return string(b[:])
}

func writeTime(b []byte, t time.Time) {
	ms := max(t.UnixMilli()-yearOne, 0)
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + ms%10)
		ms /= 10
	}
}

// span gives the time that a date, a period or a timing takes, "" for none. Of a timing only the outer limits count.
//
// Source: FHIR R4, search.html, Date
func (g *gatherer) span(f form, v fhir.Value) string {
	switch f {
	case aPeriod:
		return g.period(v)
	case aTiming:
		return g.timing(v)
	}
	d, ok := fhir.ParseDateTime(v.Text())
	if !ok {
		return ""
	}
	return spanOf(d.Start(g.zone), d.End(g.zone))
}

func (g *gatherer) period(v fhir.Value) string {
	from, okFrom := fhir.ParseDateTime(v.Get("start").Text())
	to, okTo := fhir.ParseDateTime(v.Get("end").Text())
	if !okFrom && !okTo {
		return ""
	}
	switch {
	case !okFrom:
		return openTime + "," + moment(to.End(g.zone))
	case !okTo:
		return moment(from.Start(g.zone)) + "," + endTime
	}
	return spanOf(from.Start(g.zone), to.End(g.zone))
}

func (g *gatherer) timing(v fhir.Value) string {
	lo, hi := "", ""
	for event := range v.Get("event").All() {
		if d, ok := fhir.ParseDateTime(event.Text()); ok {
			from, to := moment(d.Start(g.zone)), moment(d.End(g.zone))
			if lo == "" || from < lo {
				lo = from
			}
			hi = max(hi, to)
		}
	}
	if lo != "" {
		return lo + "," + hi
	}
	return g.period(v.Get("repeat", "boundsPeriod"))
}

// amount adds a number, a quantity or a range. A quantity is found by its number alone, with its code or unit in front ("mg|…"), and with its system
// too ("http://unitsofmeasure.org|mg|…").
//
// Source: FHIR R4, search.html, Quantity
func (g *gatherer) amount(q *Param, f form, v fhir.Value) {
	switch f {
	case aNumber:
		if n, ok := number(v.Text()); ok {
			g.add(q, n+","+above(n))
		}
	case aRange:
		low, high := v.Get("low"), v.Get("high")
		lo, _, okLow := ends(low)
		_, hi, okHigh := ends(high)
		if !okLow && !okHigh {
			return
		}
		unit := low
		if !okLow {
			lo, unit = openNumber, high
		}
		if !okHigh {
			hi = endNumber
		}
		g.measured(q, unit.Get("system").Text(), unit.Get("code").Text(), unit.Get("unit").Text(), lo+","+hi)
	case aMoney:
		if n, ok := number(v.Get("value").Text()); ok {
			g.measured(q, "urn:iso:std:iso:4217", v.Get("currency").Text(), "", n+","+above(n))
		}
	default:
		if lo, hi, ok := ends(v); ok {
			g.measured(q, v.Get("system").Text(), v.Get("code").Text(), v.Get("unit").Text(), lo+","+hi)
		}
	}
}

// ends gives the span of a quantity, which its comparator opens.
func ends(v fhir.Value) (lo, hi string, ok bool) {
	n, ok := number(v.Get("value").Text())
	if !ok {
		return "", "", false
	}
	lo, hi = n, above(n)
	switch v.Get("comparator").Text() {
	case "<":
		lo, hi = openNumber, lo
	case "<=":
		lo = openNumber
	case ">":
		lo, hi = hi, endNumber
	case ">=":
		hi = endNumber
	}
	return lo, hi, true
}

func (g *gatherer) measured(q *Param, system, code, unit, span string) {
	g.add(q, span)
	if q.Kind == Number {
		return
	}
	if code != "" {
		g.add(q, escape(code)+"|"+span)
		if system != "" {
			g.add(q, escape(system)+"|"+escape(code)+"|"+span)
		}
	}
	if unit != "" && unit != code {
		g.add(q, escape(unit)+"|"+span)
	}
}
