package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// sealedEvent is a line of an export: the fields of an event as JSON texts, and what its commitments are salted with.
type sealedEvent struct {
	Index       int64
	Salt        *string
	Fields      map[string]string
	Salts       map[string]string
	Commitments map[string]string
}

// plain are the fields that stand in a leaf as they are.
var plain = map[string]bool{
	"tenant_id": true, "id": true, "at": true, "transaction_id": true, "action": true, "severity": true, "table_name": true,
	"actor_kind": true, "actor_id": true, "credential_id": true, "impersonator_id": true, "database_role": true,
}

// leaf is the text of which the hash of a leaf is made: version 1 of the encoding.
func (event sealedEvent) leaf() string {
	var lines []string
	for name, value := range event.Fields {
		if _, erased := event.Commitments[name]; erased {
			continue
		}
		if !plain[name] {
			value = commitment(event.saltOf(name), value)
		}
		lines = append(lines, quoted(name)+" "+value+"\n")
	}
	for name, kept := range event.Commitments {
		lines = append(lines, quoted(name)+" "+kept+"\n")
	}
	sort.Strings(lines)
	return "rowhouse audit event v1\n" + strings.Join(lines, "")
}

// vouches returns before which leaf all events are over, as this one says; 0 if it says no such thing, or of leaves that follow it.
func (event sealedEvent) vouches() int64 {
	before, err := strconv.ParseInt(event.Fields["detail.expired"], 10, 64)
	if err != nil || event.Fields["action"] != `"audit.expired"` || before > event.Index {
		return 0
	}
	return before
}

func (event sealedEvent) saltOf(name string) string {
	if event.Salt == nil {
		return event.Salts[name]
	}
	sum := sha256.Sum256([]byte(*event.Salt + " " + quoted(name)))
	return hex.EncodeToString(sum[:])
}

func commitment(salt string, value string) string {
	sum := sha256.Sum256([]byte(salt + " " + value))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// quoted writes a name as JSON with the fewest escapes there can be, which Go's encoder does not.
func quoted(name string) string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	var text strings.Builder
	for _, letter := range name {
		if escape, found := short[letter]; found {
			text.WriteString(escape)
		} else if letter < 0x20 {
			fmt.Fprintf(&text, `\u%04x`, letter)
		} else {
			text.WriteRune(letter)
		}
	}
	return `"` + text.String() + `"`
}
