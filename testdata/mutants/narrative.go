package mutants

import "strings"

// isNarrative is the narrative of the resource.
func isNarrative(s *spot) bool { return isObject(s) && s.is("Narrative") && !s.nested }

// div is where XHTML begins.
const div = `<div xmlns="http://www.w3.org/1999/xhtml">`

// markups returns a change for each div.
func markups(rows [][2]string) []change {
	var all []change
	for _, row := range rows {
		text := row[1]
		if !strings.HasPrefix(text, "=") {
			text = div + text + "</div>"
		}
		all = append(all, change{row[0], isNarrative, add("div", strings.TrimPrefix(text, "=")), nil})
	}
	return all
}

var badNarratives = append([]change{
	{"no status", isNarrative, without("status"), nil},
	{"a status that there is none of", isNarrative, add("status", "bogus"), nil},
	{"no div", isNarrative, without("div"), nil},
	{"a div that is null", isNarrative, add("div", nil), nil},
	{"a div that is an object", isNarrative, add("div", object{"p": "x"}), nil},
	{"a string", isNarrative, to("x"), nil},
	{"an array", isNarrative, func(s *spot) { s.set([]any{s.get()}) }, nil},
	{"a name that is none", isNarrative, add("colour", "red"), nil},
}, markups([][2]string{
	{"nothing in it", ``},
	{"white space in it", `  `},
	{"an empty paragraph", `<p></p>`},
	{"a line break alone", `<br/>`},
	{"an image alone", `<img src="a.png" alt="a"/>`},
	{"a no-break space alone", "&nbsp;"},
	{"a comment alone", `<!-- x -->`},
	{"a script", `<p>x</p><script>alert(1)</script>`},
	{"a style sheet", `<style>p{}</style>x`},
	{"a frame", `<iframe src="https://harbor.example"></iframe>x`},
	{"a form", `<form action="/"><p>x</p></form>`},
	{"an input", `x<input type="text"/>`},
	{"a button", `<button>x</button>`},
	{"an object", `<object data="a.swf">x</object>`},
	{"a picture in SVG", `<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>x`},
	{"mathematics", `<math>x</math>`},
	{"a video", `<video src="a.mp4">x</video>`},
	{"a link element", `<link rel="stylesheet" href="a.css"/>x`},
	{"a base", `<base href="/"/>x`},
	{"a meta", `<meta charset="utf-8"/>x`},
	{"a title", `<title>x</title>`},
	{"a section of HTML 5", `<section><p>x</p></section>`},
	{"an element that there is none of", `<foo>x</foo>`},
	{"capitals", `<P>x</P>`},
	{"deleted text", `<del>x</del>`},
	{"inserted text", `<ins>x</ins>`},
	{"a label", `<label>x</label>`},
	{"a body", `<body>x</body>`},
	{"a click handler", `<p onclick="alert(1)">x</p>`},
	{"a load handler", `<img src="a.png" alt="a" onload="x()"/>`},
	{"a link that runs", `<a href="javascript:alert(1)">x</a>`},
	{"a link that runs, in disguise", `<a href="java&#x73;cript:alert(1)">x</a>`},
	{"a link of data", `<a href="data:text/html,x">x</a>`},
	{"an image of data", `<img src="data:image/png;base64,iVBORw0KGgo=" alt="a"/>`},
	{"a style that runs", `<p style="width:expression(alert(1))">x</p>`},
	{"a style", `<p style="color:red">x</p>`},
	{"a class", `<p class="a">x</p>`},
	{"a target", `<a href="https://harbor.example" target="_blank">x</a>`},
	{"a data attribute", `<p data-x="1">x</p>`},
	{"an aria attribute", `<p aria-label="1">x</p>`},
	{"a role", `<p role="note">x</p>`},
	{"an attribute that there is none of", `<p foo="1">x</p>`},
	{"an attribute in capitals", `<p CLASS="a">x</p>`},
	{"an attribute without quotes", `<p class=a>x</p>`},
	{"an attribute without a value", `<table border><tr><td>x</td></tr></table>`},
	{"an attribute twice", `<p class="a" class="b">x</p>`},
	{"a link to nothing here", `<a href="#nothing">x</a>`},
	{"a link to a name", `<a name="n">y</a><a href="#n">x</a>`},
	{"a paragraph that does not close", `<p>x`},
	{"tags that close crosswise", `<b><i>x</b></i>`},
	{"an end without a beginning", `x</p>`},
	{"a line break that does not close", `a<br>b`},
	{"an entity of HTML", `a&nbsp;b&copy;`},
	{"an entity that there is none of", `a&foo;b`},
	{"a bare ampersand", `a & b`},
	{"a bare less-than", `1 < 2`},
	{"a number of a character", `a&#160;b&#xA0;`},
	{"a number of no character", `a&#0;b`},
	{"a control character", "a\u0001b"},
	{"a comment", `a<!-- x -->b`},
	{"a comment with two hyphens", `a<!-- x -- y -->b`},
	{"a CDATA section", `<![CDATA[a]]>`},
	{"an instruction", `<?php x ?>a`},
	{"a declaration", `=<!DOCTYPE html>` + div + `x</div>`},
	{"an XML declaration", `=<?xml version="1.0"?>` + div + `x</div>`},
	{"text alone", `=x`},
	{"a paragraph instead of a div", `=<p xmlns="http://www.w3.org/1999/xhtml">x</p>`},
	{"a div in capitals", `=<DIV xmlns="http://www.w3.org/1999/xhtml">x</DIV>`},
	{"no namespace", `=<div>x</div>`},
	{"another namespace", `=<div xmlns="http://hl7.org/fhir">x</div>`},
	{"a prefix", `=<h:div xmlns:h="http://www.w3.org/1999/xhtml">x</h:div>`},
	{"two divs", `=` + div + `x</div>` + div + `y</div>`},
	{"text in front", `=x` + div + `y</div>`},
	{"text behind", `=` + div + `y</div>x`},
	{"white space around", `= ` + div + `y</div> `},
	{"a div that does not close", `=` + div + `x`},
	{"a div that is empty", `=<div xmlns="http://www.w3.org/1999/xhtml"/>`},
	{"escaped tags", `=&lt;div&gt;x&lt;/div&gt;`},
	{"a paragraph in a paragraph", `<p>a<p>b</p></p>`},
	{"text in a table", `<table>x<tr><td>y</td></tr></table>`},
	{"a list without items", `<ul>x</ul>`},
	{"a heading", `<h1>x</h1>`},
	{"a table", `<table class="grid"><tbody><tr><td colspan="2">x</td></tr></tbody></table>`},
	{"an embedded picture", `<embed src="a"/>x`},
	{"an applet", `<applet code="a">x</applet>`},
	{"a marquee", `<marquee>x</marquee>`},
	{"a noscript", `<noscript>x</noscript>`},
	{"a select", `<select><option>x</option></select>`},
	{"an id", `<p id="a">x</p>`},
	{"an id twice", `<p id="a">x</p><p id="a">y</p>`},
	{"a language", `<p lang="fr" xml:lang="fr">x</p>`},
	{"an image without words", `<img src="a.png"/>x`},
	{"a colour", `<font color="red">x</font>`},
})...)
