// Verifies the sealed trail with nothing of Rowhouse: Go's own packages for signed notes and transparency logs, and what
// docs/audit/sealing.md says.
//
//	verify_trail export FILE KEY            an export, leaf by leaf
//	verify_trail tiles FOLDER KEY           a folder that "rowhouse audit export --tiles" wrote
//	verify_trail proof FILE KEY [WITNESS]   what auditProof and auditConsistency of GraphQL answer, as JSON
//
// KEY is a line of "rowhouse audit key --tenant …"; WITNESS is a key whose cosignature the checkpoint has to have.
// Debian: golang-go, golang-golang-x-mod-dev; GO111MODULE=off GOPATH=/usr/share/gocode go run *.go …
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) < 4 {
		refuse(fmt.Errorf("export|tiles|proof, a path and a key are wanted"))
	}
	switch path, key := os.Args[2], os.Args[3]; os.Args[1] {
	case "export":
		verifyExport(path, key)
	case "tiles":
		verifyTiles(path, key)
	case "proof":
		verifyProof(path, key, os.Args[4:])
	default:
		refuse(fmt.Errorf("no such thing as %q", os.Args[1]))
	}
}

// openCheckpoint returns the tree that a checkpoint tells of, once its signatures stand.
func openCheckpoint(text string, key string, witnesses ...string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	refuse(err)
	verifiers := []note.Verifier{verifier}
	for _, one := range witnesses {
		verifiers = append(verifiers, newWitness(one))
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifiers...))
	refuse(err)
	if len(opened.Sigs) != len(verifiers) {
		refuse(fmt.Errorf("%d of %d signatures are there", len(opened.Sigs), len(verifiers)))
	}
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		refuse(fmt.Errorf("a checkpoint of %s", lines[0]))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	refuse(err)
	return tlog.Tree{N: size, Hash: hash(lines[2])}
}

func hash(text string) (h tlog.Hash) {
	raw, err := base64.StdEncoding.DecodeString(text)
	refuse(err)
	if len(raw) != tlog.HashSize {
		refuse(fmt.Errorf("%q is no hash", text))
	}
	copy(h[:], raw)
	return
}

func refuse(err error) {
	if err != nil {
		fmt.Println("REFUSED:", err)
		os.Exit(1)
	}
}
