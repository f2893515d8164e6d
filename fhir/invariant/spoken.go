package invariant

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"warmhandoff/fhir"
)

// spoken are rules that the pages of R4 state in words, or as a value set that its definitions cannot list, and the HL7 validator checks. Their key is
// the page. A write is refused for none of them.
//
// Source: FHIR R4, the page that is the key of each; local, what is only unusual is a warning
var spoken = []rule{
	{typ: "Identifier", element: "system", key: "datatypes.html#Identifier", severity: fhir.Error, words: "The system of an identifier is an absolute URI", plain: relative},
	{typ: "Coding", key: "datatypes.html#Coding", severity: fhir.Error, words: "The system of a code is an absolute URI", plain: relativeLoose},
	{typ: "Coding", key: "datatypes.html#Coding", severity: fhir.Warning, words: "The system of a code is an absolute URI", plain: relativeBound},
	{typ: "Quantity", element: "system", key: "datatypes.html#Quantity", severity: fhir.Error, words: "The system of a unit is an absolute URI", plain: relative},
	{typ: "Identifier", key: "datatypes.html#Identifier", severity: fhir.Error, words: "The value of an identifier of system urn:ietf:rfc:3986 is an absolute URI", plain: noURI},
	{typ: "canonical", key: "references.html#canonical", severity: fhir.Error, words: "A canonical is an absolute URL, or #id of a contained resource", plain: relativeCanonical},
	{typ: "uri", key: "datatypes.html#oid, #uuid", severity: fhir.Error, words: "A URI that begins with urn:oid: or urn:uuid: is an OID, or a UUID in lower case", plain: badURN},
	{typ: "url", key: "datatypes.html#oid, #uuid", severity: fhir.Error, words: "A URL that begins with urn:oid: or urn:uuid: is an OID, or a UUID in lower case", plain: badURN},
	{typ: "canonical", key: "datatypes.html#oid, #uuid", severity: fhir.Error, words: "A canonical that begins with urn:oid: or urn:uuid: is an OID, or a UUID in lower case", plain: badURN},
	{typ: "Attachment", key: "datatypes.html#Attachment", severity: fhir.Error, words: "The size of an attachment is the number of bytes in its data", plain: otherSize},
	{typ: "Attachment", element: "data", key: "datatypes.html#base64Binary", severity: fhir.Error, words: "White space in base64 stands between groups of four characters", plain: brokenGroups},
	{typ: "Attachment", element: "hash", key: "datatypes.html#base64Binary", severity: fhir.Error, words: "White space in base64 stands between groups of four characters", plain: brokenGroups},
	{typ: "code", key: "valueset-mimetypes.html", severity: fhir.Error, words: "A media type is required here, and white space is none", plain: blankMedia},
	{typ: "Coding", key: "datatypes.html#Coding", severity: fhir.Error, words: "White space is no code of a system of HL7", plain: blankCode},
	{typ: "code", key: "datatypes.html#code", severity: fhir.Error, words: "A code has no white space in it other than single blanks", plain: noBlank},
	{typ: "Money", element: "currency", key: "valueset-currencies.html", severity: fhir.Error, words: "A currency is a code of ISO 4217, such as USD", plain: noCurrency},
	{typ: "code", key: "valueset-languages.html", severity: fhir.Error, words: "A language is a code of BCP 47, such as en or fr-CA", plain: noLanguage},
	{typ: "Reference", element: "type", key: "references.html", severity: fhir.Error, words: "The type of a reference is the name of a resource type of R4, or the URL of a logical model", plain: noType},
	{typ: "Reference", element: "reference", key: "references.html#contained", severity: fhir.Error, words: "A # alone stands in a contained resource, for the one around it", plain: selfAlone},
	{typ: "Reference", key: "references.html", severity: fhir.Warning, words: "The element does not allow a reference to this type", plain: typeNotAllowed},
	{typ: "Narrative", element: "div", key: "narrative.html", severity: fhir.Error, words: `The div of a narrative names its namespace, xmlns="http://www.w3.org/1999/xhtml"`, plain: noNamespace},
	{typ: "Narrative", element: "div", key: "narrative.html", severity: fhir.Error, words: "Lists, tables and paragraphs of a narrative hold only what HTML lets them, and a link to a place in it finds that", plain: misplaced},
	{typ: "Bundle", key: "bundle.html", severity: fhir.Error, words: "Each entry of a Bundle has a fullUrl, except in a batch or transaction and in the answers to them", plain: noFullURL},
	{typ: "Bundle.entry", key: "bundle.html", severity: fhir.Error, words: "The fullUrl is absolute, and where it is that of a server it ends with type and id of the resource", plain: otherFullURL},
	{typ: "Bundle", key: "bundle.html", severity: fhir.Error, words: "A relation stands in one link only", plain: linkTwice},
}

func init() {
	for _, typ := range []string{"string", "markdown", "uri", "url", "canonical", "date", "dateTime", "instant", "time", "code"} {
		spoken = append(spoken, rule{typ: typ, key: "datatypes.html", severity: fhir.Warning, words: "Only white space stands here; leave the value out", plain: blank})
	}
}

// only returns the value where the rule is broken.
func only(broken bool, v fhir.Value) []fhir.Value {
	if !broken {
		return nil
	}
	return []fhir.Value{v}
}

// blank gives a string that is there and says nothing.
func blank(_ *checker, v fhir.Value) []fhir.Value {
	return only(v.Text() == "" && bytes.HasPrefix(v.Raw(), []byte(`"`)), v)
}

// mediaTypes are the elements whose value is a media type: their required value set cannot be listed.
var mediaTypes = []string{"contentType", "sigFormat", "targetFormat", "payload", "payloadMimeType", "format", "patchFormat"}

func blankMedia(c *checker, v fhir.Value) []fhir.Value {
	if len(blank(c, v)) == 0 {
		return nil
	}
	return only(slices.Contains(mediaTypes, strings.TrimRight(lastStep(v), "[0123456789]")), v)
}

func blankCode(c *checker, v fhir.Value) []fhir.Value {
	system, code := v.Get("system").Text(), v.Get("code")
	return only((strings.HasPrefix(system, "http://terminology.hl7.org/") || strings.HasPrefix(system, "http://hl7.org/fhir/")) && len(blank(c, code)) > 0, code)
}

func relative(_ *checker, v fhir.Value) []fhir.Value { return only(!isAbsolute(v.Text()), v) }

// relativeLoose is about codes without a value set. The HL7 validator says nothing of one that has a value set.
func relativeLoose(_ *checker, v fhir.Value) []fhir.Value {
	return only(isLoose(v) && v.Get("system").Exists() && !isAbsolute(v.Get("system").Text()), v.Get("system"))
}

func relativeBound(_ *checker, v fhir.Value) []fhir.Value {
	return only(!isLoose(v) && v.Get("system").Exists() && !isAbsolute(v.Get("system").Text()), v.Get("system"))
}

func isLoose(v fhir.Value) bool {
	step := lastStep(v)
	return strings.HasPrefix(step, "valueCoding") || strings.HasPrefix(step, "tag[") || strings.HasPrefix(step, "code[")
}

func noURI(_ *checker, v fhir.Value) []fhir.Value {
	value := v.Get("value")
	return only(v.Get("system").Text() == "urn:ietf:rfc:3986" && value.Exists() && !isAbsolute(value.Text()), value)
}

func relativeCanonical(_ *checker, v fhir.Value) []fhir.Value {
	return only(!strings.HasPrefix(v.Text(), "#") && !isAbsolute(v.Text()) && strings.TrimSpace(v.Text()) != "", v)
}

func badURN(_ *checker, v fhir.Value) []fhir.Value {
	text := v.Text()
	return only(strings.HasPrefix(text, "urn:oid:") && !fhir.IsOID(text) || strings.HasPrefix(text, "urn:uuid:") && !fhir.IsUUID(text), v)
}

func otherSize(_ *checker, v fhir.Value) []fhir.Value {
	data, size := v.Get("data").Text(), v.Get("size")
	if data == "" || !size.Exists() {
		return nil
	}
	content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(data), ""))
	return only(err == nil && strconv.Itoa(len(content)) != size.Text(), size)
}

func noCurrency(_ *checker, v fhir.Value) []fhir.Value {
	return only(v.Text() != "" && !slices.Contains(currencies, v.Text()), v)
}

// noLanguage is about elements of that name, except where they say the language of an expression, which is a media type.
func noLanguage(_ *checker, v fhir.Value) []fhir.Value {
	text := v.Text()
	first, _, _ := strings.Cut(text, "-")
	return only(len(first) > 3 && !strings.Contains(first, "/") && strings.TrimRight(lastStep(v), "[0123456789]") == "language", v)
}

// definitions begins the URL of every type of FHIR.
const definitions = "http://hl7.org/fhir/StructureDefinition/"

func noType(_ *checker, v fhir.Value) []fhir.Value {
	return only((!isAbsolute(v.Text()) || strings.HasPrefix(v.Text(), definitions)) && !fhir.IsResourceType(v.Text()) && v.Text() != "", v)
}

func selfAlone(c *checker, v fhir.Value) []fhir.Value {
	return only(v.Text() == "#" && !c.contained, v)
}

func brokenGroups(_ *checker, v fhir.Value) []fhir.Value {
	groups := strings.Fields(v.Text())
	return only(slices.ContainsFunc(groups, func(group string) bool { return len(group)%4 != 0 }), v)
}

func noBlank(_ *checker, v fhir.Value) []fhir.Value {
	return only(strings.ContainsAny(v.Text(), "\t\r\n"), v)
}

func typeNotAllowed(_ *checker, v fhir.Value) []fhir.Value {
	typ := strings.TrimPrefix(v.Get("type").Text(), definitions)
	return only(len(v.Targets()) > 0 && fhir.IsResourceType(typ) && !slices.Contains(v.Targets(), typ), v.Get("type"))
}

func noNamespace(_ *checker, v fhir.Value) []fhir.Value {
	tag, _, _ := strings.Cut(v.Text(), ">")
	return only(tag != "" && !strings.Contains(tag, "xmlns"), v)
}

func noFullURL(_ *checker, v fhir.Value) []fhir.Value {
	var wrong []fhir.Value
	switch v.Get("type").Text() {
	case "batch", "transaction", "batch-response", "transaction-response":
		return nil
	}
	for entry := range v.Get("entry").All() {
		if entry.Get("resource").Exists() && !entry.Get("fullUrl").Exists() {
			wrong = append(wrong, entry)
		}
	}
	return wrong
}

func otherFullURL(_ *checker, v fhir.Value) []fhir.Value {
	url, resource := v.Get("fullUrl"), v.Get("resource").Resource()
	if !url.Exists() {
		return nil
	}
	ref, is := fhir.ParseReference(url.Text())
	other := is && ref.Base != "" && resource != nil && resource.ID() != "" && ref.Key() != resource.Type()+"/"+resource.ID()
	return only(!isAbsolute(url.Text()) || other, url)
}

func linkTwice(_ *checker, v fhir.Value) []fhir.Value {
	var wrong []fhir.Value
	met := map[string]bool{}
	for link := range v.Get("link").All() {
		relation := link.Get("relation")
		if met[relation.Text()] {
			wrong = append(wrong, relation)
		}
		met[relation.Text()] = true
	}
	return wrong
}

// lastStep returns the last step of the path of a value: "coding[0]".
func lastStep(v fhir.Value) string {
	path := v.Path()
	return path[strings.LastIndexByte(path, '.')+1:]
}

// isAbsolute reports whether a URI begins with a scheme.
func isAbsolute(s string) bool {
	scheme, _, found := strings.Cut(s, ":")
	return found && scheme != "" && !strings.ContainsAny(scheme, "/?#")
}

// currencies are those of ISO 4217, with what FHIR R4 was published with.
//
// Source: FHIR R4, valueset-currencies.html; ISO 4217
var currencies = strings.Fields(`AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU
CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GGP GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR
KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF VES VND VUV WST XAF
XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL`)
