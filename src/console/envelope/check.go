// Checks an envelope with Go's own packages for signed notes and transparent logs, which know nothing of the service that wrote it:
// go run check.go FOLDER KEY. Exit code 0: everything holds.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Println("go run check.go FOLDER KEY")
		os.Exit(2)
	}
	defer func() {
		if reason := recover(); reason != nil {
			fmt.Println("DOES NOT HOLD:", reason)
			os.Exit(1)
		}
	}()
	folder, key := os.Args[1], os.Args[2]
	files := checkFiles(folder, key)
	fmt.Printf("HOLDS: %d events are in the log, and %d files are what was signed.\n", checkEvents(folder, key), files)
}

func expect(condition bool, words string, names ...any) {
	if !condition {
		panic(fmt.Sprintf(words, names...))
	}
}

func noError(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](result T, err error) T {
	noError(err)
	return result
}

func read(path ...string) string { return string(must(os.ReadFile(filepath.Join(path...)))) }

// The lines of a text, each of which ends with a newline.
func linesOf(text string) []string {
	lines := strings.Split(text, "\n")
	return lines[:len(lines)-1]
}

// The lines of a note that the key has signed, after the name of the log.
func openNote(text, key string) []string {
	verifier := must(note.NewVerifier(strings.TrimSpace(key)))
	lines := linesOf(must(note.Open([]byte(text), note.VerifierList(verifier))).Text)
	expect(len(lines) > 0 && lines[0] == verifier.Name(), "a note is about another log")
	return lines[1:]
}

// Every file is what was signed, and there is no other.
func checkFiles(folder, key string) int {
	sums := openNote(read(folder, "manifest.txt"), key)
	for _, line := range sums {
		sum, name, _ := strings.Cut(line, "  ")
		expect(fmt.Sprintf("%x", sha256.Sum256([]byte(read(folder, name)))) == sum, "%s is not what was signed", name)
	}
	found := 0
	noError(filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found++
		}
		return err
	}))
	expect(found == len(sums)+1, "%d files are there, and %d are in the manifest", found-1, len(sums))
	return len(sums)
}

// Every event is in the log that the checkpoint signs.
func checkEvents(folder, key string) int {
	checkpoint := read(folder, "checkpoint.txt")
	signed := openNote(checkpoint, key)
	expect(len(signed) >= 2, "checkpoint.txt is no checkpoint")
	size, root := must(strconv.ParseInt(signed[0], 10, 64)), must(tlog.ParseHash(signed[1]))
	events := linesOf(read(folder, "events.ndjson"))
	for _, event := range events {
		var named struct{ ID string }
		noError(json.Unmarshal([]byte(event), &named))
		head, under, _ := strings.Cut(read(folder, "proofs", named.ID+".tlog-proof"), "\n\n")
		expect(under == checkpoint, "the proof of %s is under another checkpoint", named.ID)
		lines := strings.Split(head, "\n")
		expect(len(lines) >= 3 && lines[0] == "c2sp.org/tlog-proof@v1", "the proof of %s is none", named.ID)
		body := must(base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra ")))
		expect(string(body) == event, "the proof of %s is about another event", named.ID)
		index := must(strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64))
		var path tlog.RecordProof
		for _, hash := range lines[3:] {
			path = append(path, must(tlog.ParseHash(hash)))
		}
		noError(tlog.CheckRecord(path, size, root, index, tlog.RecordHash([]byte(event))))
	}
	return len(events)
}
