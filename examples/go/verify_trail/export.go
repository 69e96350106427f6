package main

import (
	"bufio"
	"encoding/base64"
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

// verifyExport makes every leaf anew and compares the root that they lead to with the one that was signed. Of events that are
// over the export has the hashes only; a leaf that follows has to say so.
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
	var size, gone, over, lastGone int64
	// The hashes of the leaves that follow, and which the first of them is.
	var tile []tlog.Hash
	var first int64
	add := func(leaf tlog.Hash) {
		hashes, err := tlog.StoredHashesForRecordHash(size, leaf, stored)
		refuse(err)
		stored = append(stored, hashes...)
		size++
	}
	without := func(until int64) {
		for size < until && size-first < int64(len(tile)) {
			lastGone = size
			gone++
			add(tile[size-first])
		}
	}
	for decoder.More() {
		var line struct {
			sealedEvent
			Tile string
		}
		refuse(decoder.Decode(&line))
		if line.Tile != "" {
			without(first + int64(len(tile)))
			first, tile = size, hashesIn(line.Tile)
			continue
		}
		without(line.Index)
		if line.Index != size {
			refuse(fmt.Errorf("leaf %d is missing", size))
		}
		if before := line.vouches(); before > over {
			over = before
		}
		add(tlog.RecordHash([]byte(line.leaf())))
	}
	without(first + int64(len(tile)))
	if gone > 0 && lastGone >= over {
		refuse(fmt.Errorf("the event of leaf %d is gone, and no leaf says that it is over", lastGone))
	}
	root, err := tlog.TreeHash(size, stored)
	refuse(err)
	if size != tree.N || root != tree.Hash {
		refuse(fmt.Errorf("%d leaves do not lead to the root that was signed for %d", size, tree.N))
	}
	if gone > 0 {
		fmt.Printf("OK: %d leaves of an export, %d of them expired\n", size, gone)
	} else {
		fmt.Printf("OK: %d leaves of an export\n", size)
	}
}

// hashesIn takes the hashes of a tile apart.
func hashesIn(text string) (list []tlog.Hash) {
	raw, err := base64.StdEncoding.DecodeString(text)
	refuse(err)
	for ; len(raw) >= tlog.HashSize; raw = raw[tlog.HashSize:] {
		var leaf tlog.Hash
		copy(leaf[:], raw)
		list = append(list, leaf)
	}
	return
}
