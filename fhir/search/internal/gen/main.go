// Gen writes the table of search parameters that package search embeds.
//
// Its input is the folder of the unpacked npm package hl7.fhir.r4.examples 4.0.1 (CC0), which holds every SearchParameter of FHIR R4,
// named by the flag -package or by the environment variable FHIR_R4_EXAMPLES, and two files beside this
// one: sdohcc.json with two parameters of the guide SDOH Clinical Care 3.0.0, and uscore.json with three of US Core 7.0.0
// that R4 itself lacks (code, base, type, url and expression as they are published, the words ours). Its output is a gzip file of lines whose fields are parted by tabs:
//
//	P  type  name  kind  url  paths  targets  text      a search parameter of one type; type "" is every type
//
// A path is made of JSON names, and ends with a colon and the type of the element there: code.coding:Coding, valueQuantity:Quantity. A name may be
// followed by a filter, telecom[system=phone], and the type by the one type of target that is meant, subject:Reference?Patient. The path =false
// says which value there is where no other path leads to one. Paths and targets are parted by blanks. The same input gives the same bytes.
//
// Run it with:
//
//	FHIR_R4_EXAMPLES=…/package go generate ./fhir/search
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
	more := flag.String("more", "internal/gen/sdohcc.json,internal/gen/uscore.json", "files with lists of further SearchParameters")
	out := flag.String("out", "r4.search.gz", "file to write")
	flag.Parse()
	if err := generate(*folder, *more, *out); err != nil {
		log.Fatalf("gen: %v", err)
	}
}

// generate reads the definitions in folder and writes the table to out. It says what it leaves out.
func generate(folder, more, out string) error {
	if folder == "" {
		return errors.New("name the folder of hl7.fhir.r4.examples 4.0.1 in FHIR_R4_EXAMPLES or with -package")
	}
	defs, err := readDefinitions(folder, more)
	if err != nil {
		return err
	}
	text, left, err := defs.table()
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
	for _, l := range left {
		log.Printf("left out: %s", l)
	}
	log.Printf("%s: %d bytes of text, %d packed", out, len(text), len(packed))
	return nil
}

// pack compresses without a time or a name, so that the result depends on the text alone.
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
