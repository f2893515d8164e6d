package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// readCorpus gives each JSON and XML file of a list of files, folders, .jar, .zip and .tgz, as FHIR_CORPUS names them (parted as PATH is), by what holds it
// and its name inside. Archives inside folders are opened too.
func readCorpus(list string, each func(holder, name string, data []byte)) error {
	for _, root := range filepath.SplitList(list) {
		holder := filepath.Base(root)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == ".git":
				return filepath.SkipDir
			case d.IsDir():
				return nil
			case archived(path):
				return readArchive(path, each)
			case !corpusFile(path):
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil || name == "." {
				name = filepath.Base(path)
			}
			each(holder, filepath.ToSlash(name), data)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func archived(path string) bool {
	for _, ending := range []string{".jar", ".zip", ".tgz", ".tar.gz"} {
		if strings.HasSuffix(path, ending) {
			return true
		}
	}
	return false
}

func corpusFile(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasSuffix(lower, ".json") || strings.HasSuffix(lower, ".xml")
}

func readArchive(path string, each func(holder, name string, data []byte)) error {
	if strings.HasSuffix(path, "gz") {
		return readTar(path, each)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer func() { _ = z.Close() }() // only read
	for _, f := range z.File {
		if !corpusFile(f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, f.Name, err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, f.Name, err)
		}
		each(filepath.Base(path), f.Name, data)
	}
	return nil
}

func readTar(path string, each func(holder, name string, data []byte)) error {
	packed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for t := tar.NewReader(unpacked); ; {
		header, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if header.Typeflag != tar.TypeReg || !corpusFile(header.Name) {
			continue
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, header.Name, err)
		}
		each(filepath.Base(path), header.Name, data)
	}
}

// publishedFile is one resource as it was published.
type publishedFile struct {
	name    string
	data    []byte
	xml     bool
	typ, id string
}

// readHead finds out what a file holds, without our reader.
func readHead(name string, data []byte) (p publishedFile, is bool) {
	p = publishedFile{name: name, data: data}
	text := strings.TrimLeft(strings.TrimPrefix(string(data), "\uFEFF"), " \t\r\n")
	if p.xml = strings.HasPrefix(text, "<"); p.xml {
		var root struct {
			XMLName xml.Name
			ID      struct {
				Value string `xml:"value,attr"`
			} `xml:"id"`
		}
		d := xml.NewDecoder(strings.NewReader(text))
		d.Entity = xml.HTMLEntity
		_ = d.Decode(&root) // what ends early has a beginning
		p.typ, p.id = root.XMLName.Local, root.ID.Value
		return p, root.XMLName.Space == "http://hl7.org/fhir" && p.typ != ""
	}
	var root map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &root) // what is no JSON has no type
	for name, to := range map[string]*string{"resourceType": &p.typ, "id": &p.id} {
		_ = json.Unmarshal(root[name], to)
	}
	return p, p.typ != ""
}
