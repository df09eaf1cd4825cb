// A session key that is kept in a secure buffer, used by several goroutines, and destroyed.
//
//	cd examples/go && go run .
package main

/*
#cgo CFLAGS: -I${SRCDIR}/../../native/include
#cgo LDFLAGS: -L${SRCDIR}/../../build/Release -lsecurebuffer -Wl,-rpath,${SRCDIR}/../../build/Release
#include "secure_buffer.h"
*/
import "C"

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"
)

var errSecureBuffer = errors.New("secure buffer: the operation failed")

// SecureBuffer keeps its bytes outside of Go's heap, where the garbage collector would move and copy them.
type SecureBuffer struct {
	handle *C.secure_buffer
}

// New makes an empty buffer; the caller destroys it.
func New(capacity int) (SecureBuffer, error) {
	handle := C.secure_buffer_new(C.size_t(capacity))
	if handle == nil {
		return SecureBuffer{}, errSecureBuffer
	}
	return SecureBuffer{handle}, nil
}

// Write replaces the content.
func (b SecureBuffer) Write(data []byte) error {
	if len(data) == 0 {
		return b.Clear()
	}
	if C.secure_buffer_write(b.handle, unsafe.Pointer(&data[0]), C.size_t(len(data))) != 0 {
		return errSecureBuffer
	}
	return nil
}

// Read copies the content into a slice and returns how many bytes it has copied.
func (b SecureBuffer) Read(into []byte) (int, error) {
	if len(into) == 0 {
		return 0, nil
	}
	count := C.secure_buffer_read(b.handle, unsafe.Pointer(&into[0]), C.size_t(len(into)))
	if count < 0 {
		return 0, errSecureBuffer
	}
	return int(count), nil
}

// Clear wipes the content.
func (b SecureBuffer) Clear() error {
	if C.secure_buffer_clear(b.handle) != 0 {
		return errSecureBuffer
	}
	return nil
}

// Equals compares in a time that does not depend on the contents.
func (b SecureBuffer) Equals(other SecureBuffer) (bool, error) {
	answer := C.secure_buffer_equals(b.handle, other.handle)
	if answer < 0 {
		return false, errSecureBuffer
	}
	return answer == 1, nil
}

// Destroy wipes the buffer and gives its memory back; every later call fails.
func (b SecureBuffer) Destroy() error {
	if C.secure_buffer_destroy(b.handle) != 0 {
		return errSecureBuffer
	}
	return nil
}

func wipe(bytes []byte) {
	for i := range bytes {
		bytes[i] = 0
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	staging := make([]byte, 32)
	_, err := rand.Read(staging)
	must(err)
	key, err := New(len(staging))
	must(err)
	must(key.Write(staging))
	peers, err := New(len(staging))
	must(err)
	must(peers.Write(staging))
	wipe(staging)

	var group sync.WaitGroup
	equal := make(chan bool, 8)
	for i := 0; i < cap(equal); i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			answer, err := key.Equals(peers)
			must(err)
			equal <- answer
		}()
	}
	group.Wait()
	close(equal)
	count := 0
	for answer := range equal {
		if answer {
			count++
		}
	}
	fmt.Printf("goroutines that saw equal keys: %d\n", count)

	must(peers.Destroy())
	must(key.Destroy())
	fmt.Println("a second destroy:", key.Destroy())
	_, err = key.Read(staging)
	fmt.Println("a read of a destroyed buffer:", err)
	fmt.Println("session key destroyed")
}
