package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

// cosignature is how many bytes a witness signs with: a time, and a signature of Ed25519 (C2SP tlog-cosignature).
const cosignature = 8 + ed25519.SignatureSize

// witness verifies cosignatures, which Go's package does not know yet.
type witness struct {
	name string
	key  ed25519.PublicKey
}

func newWitness(text string) witness {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		refuse(fmt.Errorf("%q is no key", text))
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	refuse(err)
	if len(typed) != 33 || typed[0] != 4 {
		refuse(fmt.Errorf("%q is no key of a witness", text))
	}
	return witness{parts[0], ed25519.PublicKey(typed[1:])}
}

func (w witness) Name() string { return w.name }

func (w witness) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(w.name+"\n\x04"), w.key...))
	return binary.BigEndian.Uint32(sum[:])
}

func (w witness) Verify(message, signature []byte) bool {
	if len(signature) != cosignature {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, message)
	return ed25519.Verify(w.key, []byte(signed), signature[8:])
}
