package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// number is a BigInt of GraphQL: a string.
type number string

func (text number) value() int64 {
	value, err := strconv.ParseInt(string(text), 10, 64)
	refuse(err)
	return value
}

// verifyProof checks what GraphQL answers: that an event is in the tree, and that the tree goes on from an older checkpoint.
func verifyProof(path string, key string, witnesses []string) {
	raw, err := os.ReadFile(path)
	refuse(err)
	var given struct {
		AuditProof struct {
			Leaf        string
			Index, Size number
			Path        []string
			Checkpoint  string
		}
		Older            string
		AuditConsistency []string
	}
	refuse(json.Unmarshal(raw, &given))
	proof := given.AuditProof
	tree := openCheckpoint(proof.Checkpoint, key, witnesses...)
	refuse(tlog.CheckRecord(hashes(proof.Path), tree.N, tree.Hash, proof.Index.value(), tlog.RecordHash([]byte(proof.Leaf))))
	older := openCheckpoint(given.Older, key)
	refuse(tlog.CheckTree(tlog.TreeProof(hashes(given.AuditConsistency)), tree.N, tree.Hash, older.N, older.Hash))
	fmt.Printf("OK: leaf %d of %d, which goes on from %d\n", proof.Index.value(), tree.N, older.N)
}

func hashes(texts []string) (list tlog.RecordProof) {
	for _, text := range texts {
		list = append(list, hash(text))
	}
	return
}
