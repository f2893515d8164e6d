package search

import (
	"math"
	"strconv"
	"time"

	"warmhandoff/fhir"
)

// Spans are written so that the order of text is the order of time or number: "from,to", half open. A time is the milliseconds since the year 1 in 15
// digits, UTC; a number is the 16 hex digits of its float64, turned so that they sort. An end that is open is all zeros or the greatest digit.

const (
	openTime = "000000000000000"
	endTime  = "999999999999999"
	openSum  = "0000000000000000"
	endSum   = "ffffffffffffffff"
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

// sum writes a number.
func sum(f float64) string { return digits(bits(f)) }

// above writes the least number that is greater.
func above(f float64) string {
	b := bits(f)
	if b < math.MaxUint64 {
		b++
	}
	return digits(b)
}

func bits(f float64) uint64 {
	b := math.Float64bits(f + 0) // of the two zeros, the positive one
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

func digits(b uint64) string {
	s := strconv.FormatUint(b, 16)
	return openSum[:len(openSum)-len(s)] + s
}

// amount adds a number, a quantity or a range. A quantity is found by its number alone, with its code or unit in front ("mg|…"), and with its system
// too ("http://unitsofmeasure.org|mg|…").
//
// Source: FHIR R4, search.html, Quantity
func (g *gatherer) amount(q *Param, f form, v fhir.Value) {
	switch f {
	case aNumber:
		if n, err := strconv.ParseFloat(v.Text(), 64); err == nil {
			g.add(q, sum(n)+","+above(n))
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
			lo, unit = openSum, high
		}
		if !okHigh {
			hi = endSum
		}
		g.measured(q, unit.Get("system").Text(), unit.Get("code").Text(), unit.Get("unit").Text(), lo+","+hi)
	case aMoney:
		if n, err := strconv.ParseFloat(v.Get("value").Text(), 64); err == nil {
			g.measured(q, "urn:iso:std:iso:4217", v.Get("currency").Text(), "", sum(n)+","+above(n))
		}
	default:
		if lo, hi, ok := ends(v); ok {
			g.measured(q, v.Get("system").Text(), v.Get("code").Text(), v.Get("unit").Text(), lo+","+hi)
		}
	}
}

// ends gives the span of a quantity, which its comparator opens.
func ends(v fhir.Value) (lo, hi string, ok bool) {
	n, err := strconv.ParseFloat(v.Get("value").Text(), 64)
	if err != nil {
		return "", "", false
	}
	lo, hi = sum(n), above(n)
	switch v.Get("comparator").Text() {
	case "<":
		lo, hi = openSum, lo
	case "<=":
		lo = openSum
	case ">":
		lo, hi = hi, endSum
	case ">=":
		hi = endSum
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
