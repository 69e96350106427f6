package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// memory holds the hashes of a log where Go's package says that they belong.
type memory []tlog.Hash

func (stored memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for place, index := range indexes {
		hashes[place] = stored[index]
	}
	return hashes, nil
}

// verifyExport makes every leaf anew and compares the root that they lead to with the one that was signed.
func verifyExport(path string, key string) {
	file, err := os.Open(path)
	refuse(err)
	lines := bufio.NewReaderSize(file, 1<<20)
	var header struct {
		Size        int64
		Checkpoints []string
	}
	decoder := json.NewDecoder(lines)
	refuse(decoder.Decode(&header))
	tree := openCheckpoint(header.Checkpoints[len(header.Checkpoints)-1], key)

	var stored memory
	var size int64
	for decoder.More() {
		var line struct {
			sealedEvent
			Tile string
		}
		refuse(decoder.Decode(&line))
		if line.Tile != "" {
			continue
		}
		if line.Index != size {
			refuse(fmt.Errorf("leaf %d is missing", size))
		}
		hashes, err := tlog.StoredHashes(size, []byte(line.leaf()), stored)
		refuse(err)
		stored = append(stored, hashes...)
		size++
	}
	root, err := tlog.TreeHash(size, stored)
	refuse(err)
	if size != tree.N || root != tree.Hash {
		refuse(fmt.Errorf("%d leaves do not lead to the root that was signed for %d", size, tree.N))
	}
	fmt.Printf("OK: %d leaves of an export\n", size)
}
