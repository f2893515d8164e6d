// Gen writes the element table that package fhir embeds.
//
// Its input is the folder of the unpacked npm package hl7.fhir.r4.examples
// 4.0.1 (CC0), which holds every definition of FHIR R4; it is named by the flag
// -package or by the environment variable FHIR_R4_EXAMPLES. Its output is
// a gzip file of lines whose fields are parted by tabs:
//
//	V  name  system  code code …                a required value set
//	T  name  kind  abstract                     a type; its elements follow
//	E  name  min  max  flags  types  valueset  targets
//
// Kind is primitive, complex, resource or backbone. Max is -1 for *. Flags are C
// (a choice, written value[x]), M (modifier), S (summary), A (an XML attribute).
// Types, and targets of a Reference, are parted by spaces; no targets means
// that any resource may stand there. The same input gives the same bytes.
//
// Run it with:
//
//	FHIR_R4_EXAMPLES=…/package go generate ./fhir
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	folder := flag.String("package", os.Getenv("FHIR_R4_EXAMPLES"), "folder of the unpacked package hl7.fhir.r4.examples")
	out := flag.String("out", "r4.table.gz", "file to write")
	flag.Parse()
	if err := generate(*folder, *out); err != nil {
		log.Fatalf("gen: %v", err)
	}
}

// generate reads the definitions in folder and writes the table to out.
func generate(folder, out string) error {
	if folder == "" {
		return errors.New("name the folder of hl7.fhir.r4.examples 4.0.1 in FHIR_R4_EXAMPLES or with -package")
	}
	defs, err := readDefinitions(folder)
	if err != nil {
		return err
	}
	text, err := defs.table()
	if err != nil {
		return err
	}
	packed, err := pack(text)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, packed, 0o644); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	log.Printf("%s: %d bytes of text, %d packed", out, len(text), len(packed))
	return nil
}

// pack compresses without a time or a name, so that the result depends on
// the text alone.
func pack(text []byte) ([]byte, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
