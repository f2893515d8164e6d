package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// readFile returns what stands in a file that somebody named on the command line. A pipe is read to its end, as of <(command); a device, a folder, and what is
// larger than any request may be are refused with a sentence, and waiting for a pipe ends when the program is told to stop.
func readFile(ctx context.Context, name string) ([]byte, error) {
	switch info, err := os.Stat(name); {
	case err != nil:
		return nil, ended{2, err.Error()}
	case info.IsDir():
		return nil, ended{2, name + " is a folder: name the files in it, as in " + name + "/*"}
	case info.Mode()&(fs.ModeDevice|fs.ModeSocket|fs.ModeIrregular) != 0:
		return nil, ended{2, name + " is a device and no file: save what comes from it, or pipe it in and name -."}
	}
	return await(ctx, name, func() ([]byte, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, ended{2, err.Error()}
		}
		defer func() { _ = f.Close() }()
		return readSome(f, name)
	})
}

// readInput is readFile for the standard input, whatever that is.
func readInput(ctx context.Context, in io.Reader) ([]byte, error) {
	return await(ctx, "the standard input", func() ([]byte, error) { return readSome(in, "the standard input") })
}

// readSome reads to the end, or to one byte more than is ever taken.
func readSome(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, mostBody+1))
	if err == nil && len(data) > mostBody {
		return nil, ended{2, fmt.Sprintf("%s is larger than %d MiB, which no request may be.", name, mostBody>>20)}
	}
	return data, err
}

// await reads until the program is told to stop. What is then still being read is left to end with the program.
func await(ctx context.Context, name string, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := read()
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		return r.data, r.err
	case <-ctx.Done():
		return nil, ended{2, "stopped while " + name + " was read."}
	}
}
