package fhir

// dateParser takes a date apart from the left.
type dateParser struct{ rest []byte }

// parseDate is ParseDateTime without the text.
func parseDate(b []byte) (DateTime, bool) {
	p := dateParser{rest: b}
	d, ok := p.parse()
	return d, ok && len(p.rest) == 0
}

func (p *dateParser) parse() (d DateTime, ok bool) {
	if d.year, ok = p.digits(4); !ok || d.year == 0 {
		return d, false
	}
	d.Precision = Year
	if !p.take('-') {
		return d, true
	}
	if d.month, ok = p.digits(2); !ok || d.month < 1 || d.month > 12 {
		return d, false
	}
	d.Precision = Month
	if !p.take('-') {
		return d, true
	}
	if d.day, ok = p.digits(2); !ok || d.day < 1 || d.day > daysIn(d.year, d.month) {
		return d, false
	}
	d.Precision = Day
	if !p.take('T') {
		return d, true
	}
	return d, p.clock(&d) && p.offset(&d)
}

// clock reads hh:mm, hh:mm:ss or hh:mm:ss.fraction. A leap second is allowed.
func (p *dateParser) clock(d *DateTime) (ok bool) {
	if d.hour, ok = p.digits(2); !ok || d.hour > 23 || !p.take(':') {
		return false
	}
	if d.minute, ok = p.digits(2); !ok || d.minute > 59 {
		return false
	}
	d.Precision = Minute
	if !p.take(':') {
		return true
	}
	if d.second, ok = p.digits(2); !ok || d.second > 60 {
		return false
	}
	d.Precision = Second
	if !p.take('.') {
		return true
	}
	d.Precision = Fraction
	return p.fraction(d)
}

func (p *dateParser) fraction(d *DateTime) bool {
	n := 0
	for unit := 100_000_000; n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9'; n++ {
		d.nano += int(p.rest[n]-'0') * unit
		unit /= 10
	}
	p.rest = p.rest[n:]
	return n > 0
}

// offset reads Z, +hh:mm or -hh:mm, or nothing.
func (p *dateParser) offset(d *DateTime) bool {
	if len(p.rest) == 0 {
		return true
	}
	d.Zoned = true
	if p.take('Z') {
		return true
	}
	sign := 1
	if p.take('-') {
		sign = -1
	} else if !p.take('+') {
		return false
	}
	hour, ok1 := p.digits(2)
	colon := p.take(':')
	minute, ok2 := p.digits(2)
	d.offset = sign * (hour*60 + minute) * 60
	return ok1 && colon && ok2 && minute <= 59 && (hour <= 13 || hour == 14 && minute == 0)
}

// digits takes n digits.
func (p *dateParser) digits(n int) (int, bool) {
	if len(p.rest) < n {
		return 0, false
	}
	value := 0
	for _, c := range p.rest[:n] {
		if c < '0' || c > '9' {
			return 0, false
		}
		value = value*10 + int(c-'0')
	}
	p.rest = p.rest[n:]
	return value, true
}

func (p *dateParser) take(c byte) bool {
	ok := len(p.rest) > 0 && p.rest[0] == c
	if ok {
		p.rest = p.rest[1:]
	}
	return ok
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// isDate, isDateTime, isInstant and isTime hold to the forms of a resource,
// which are narrower than those of ParseDateTime.
//
// Source: FHIR R4, datatypes.html#date, #dateTime, #instant, #time

func isDate(b []byte) bool {
	d, ok := parseDate(b)
	return ok && !d.Timed()
}

func isDateTime(b []byte) bool {
	d, ok := parseDate(b)
	return ok && (!d.Timed() || d.Zoned && d.Precision >= Second)
}

func isInstant(b []byte) bool {
	d, ok := parseDate(b)
	return ok && d.Zoned && d.Precision >= Second
}

func isTime(b []byte) bool {
	p, d := dateParser{rest: b}, DateTime{}
	return p.clock(&d) && len(p.rest) == 0 && d.Precision >= Second
}
