package search

import (
	"math/big"
	"strconv"
	"strings"
)

// Numbers are compared as the decimals that they are written as: a float64 would take some of seventeen digits for their neighbours, and the interval that
// a precision means would be empty. A number is written as text that sorts as numbers do: a sign, how many digits stand before the point, and the
// digits without the noughts at both ends.
//
//	66.9   350002669      0.05   3499995      -66.9   149997330~      0   2
//
// Of what is below nought, count and digits are turned (9 for 0), and a sign behind the digits that is greater than all of them lets the longer one sort
// first. Of digits the first hundred count.
const (
	openNumber = "0"
	endNumber  = "9"
	below      = '1'
	nought     = "2"
	over       = '3'
	middle     = 50_000 // what is added to the count
	mostDigits = 100
)

// number writes a decimal; not ok for what is none, or is too great or small for anybody.
func number(text string) (string, bool) {
	rest, negative := strings.CutPrefix(text, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	count := 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		n, err := strconv.Atoi(rest[i+1:])
		if err != nil {
			return "", false
		}
		count, rest = n, rest[:i]
	}
	whole, part, _ := strings.Cut(rest, ".")
	if whole+part == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(part, "0123456789") != "" {
		return "", false
	}
	count += len(whole)
	digits := whole + part
	first := strings.TrimLeft(digits, "0")
	count -= len(digits) - len(first)
	digits = strings.TrimRight(first[:min(len(first), mostDigits)], "0")
	switch {
	case digits == "":
		return nought, true
	case count <= -middle || count >= middle:
		return "", false
	}
	var out [6 + mostDigits + 1]byte
	b := append(out[:0], over)
	b = strconv.AppendInt(b, int64(count+middle+100_000), 10)[:7]
	b = append(append(b[:1], b[2:]...), digits...) // the 1 in front keeps the noughts of the count
	if negative {
		b[0] = below
		for i := 1; i < len(b); i++ {
			b[i] = '9' - b[i] + '0'
		}
		b = append(b, '~')
	}
	return string(b), true
}

// above writes what lies behind a number and before every greater one.
func above(number string) string { return number + "!" }

// measure reads a number and gives the span that it means: for eq, ne and ap the numbers that are written the same at its precision, for the
// others itself.
//
// Source: FHIR R4, search.html, Number
// Source: local, how near "approximately" is
func measure(prefix, text string) (lo, hi string, ok bool) {
	if text == "" || len(text) > 40 {
		return "", "", false
	}
	n, ok := number(text)
	if !ok {
		return "", "", false
	}
	if prefix != "eq" && prefix != "ne" && prefix != "ap" {
		return n, above(n), true
	}
	digits, exp, ok := parts(text)
	if !ok {
		return "", "", false
	}
	digits, exp = digits.Mul(digits, big.NewInt(10)), exp-1
	near := big.NewInt(5) // half a unit of the last digit
	if prefix == "ap" {
		near.Div(near.Abs(digits), big.NewInt(10))
	}
	lo, okLo := number(new(big.Int).Sub(digits, near).String() + "e" + strconv.Itoa(exp))
	hi, okHi := number(new(big.Int).Add(digits, near).String() + "e" + strconv.Itoa(exp))
	if prefix == "ap" {
		hi = above(hi)
	}
	return lo, hi, okLo && okHi
}

// parts parts a number into its digits, as they are written, and the power of ten of the last one.
func parts(text string) (digits *big.Int, exp int, ok bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if exponent != "" {
		exp, _ = strconv.Atoi(exponent) // number has read it
	}
	whole, part, _ := strings.Cut(mantissa, ".")
	digits, ok = new(big.Int).SetString(whole+part, 10)
	return digits, exp - len(part), ok
}
