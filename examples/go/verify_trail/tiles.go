package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// folder reads tiles as C2SP tlog-tiles has them on disk.
type folder string

func (folder) Height() int { return 8 }

func (folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (dir folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		bytes, err := dir.read(fmt.Sprint(tile.L), tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (dir folder) read(level string, index int64, width int) ([]byte, error) {
	name := fmt.Sprintf("%03d", index%1000)
	for rest := index / 1000; rest > 0; rest /= 1000 {
		name = fmt.Sprintf("x%03d/%s", rest%1000, name)
	}
	if width < 256 {
		name = fmt.Sprintf("%s.p/%d", name, width)
	}
	return os.ReadFile(filepath.Join(string(dir), "tile", level, name))
}

// verifyTiles proves every entry to be in the tree that was signed, by the hashes of the tiles. An entry without a byte is of an event
// that is over; what vouches for that is a value, which entries have commitments of: an export shows it.
func verifyTiles(path string, key string) {
	dir := folder(path)
	text, err := os.ReadFile(filepath.Join(path, "checkpoint"))
	refuse(err)
	tree := openCheckpoint(string(text), key)
	hashes := tlog.TileHashReader(tree, dir)
	var gone int64
	for first := int64(0); first < tree.N; first += 256 {
		width := tree.N - first
		if width > 256 {
			width = 256
		}
		entries, err := dir.read("entries", first/256, int(width))
		refuse(err)
		for index := first; index < first+width; index++ {
			length := binary.BigEndian.Uint16(entries)
			entry := entries[2 : 2+length]
			entries = entries[2+length:]
			if length == 0 {
				gone++
				continue
			}
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			refuse(err)
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				refuse(fmt.Errorf("leaf %d: %w", index, err))
			}
		}
	}
	if gone > 0 {
		fmt.Printf("OK: %d entries of tiles, and %d that are not there\n", tree.N-gone, gone)
	} else {
		fmt.Printf("OK: %d entries of tiles\n", tree.N)
	}
}
