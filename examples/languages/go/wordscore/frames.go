package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"unicode/utf8"
)

type frame struct {
	Bytes  []int // the lengths of the attachments
	ID     json.RawMessage
	Method string
	Params struct {
		Limits          struct{ MaxFrameBytes int }
		Config, Request json.RawMessage
		Hook            string
		ID              json.RawMessage // of the call to cancel
	}
	attachments [][]byte
}

var (
	output  = os.Stdout
	writing sync.Mutex
	limit   int
)

// serve answers the host with info, configure and execute until it ends; the process ends with it.
func serve() {
	if os.Getenv("PLUGBOARD_MAGIC_COOKIE") != "plugboard-v1-5f1d7a3c" {
		fmt.Fprintf(os.Stderr, "%s is a plugboard plugin: a host starts it and asks it; by itself it does nothing.\n"+
			"In a host: .withPlugin('%[1]s', subprocess('%s'))\n", info["name"], os.Args[0])
		os.Exit(1)
	}
	input, descriptor := os.Stdin, 0
	if n, _ := fmt.Sscanf(os.Getenv("PLUGBOARD_CHANNEL"), "fd:%d", &descriptor); n == 1 {
		input = os.NewFile(uintptr(descriptor), "channel")
		output = input
		go func() {
			io.Copy(io.Discard, os.Stdin) // stdin ends when the host dies, however it dies
			os.Exit(0)
		}()
	} else {
		os.Stdout = os.Stderr // stdout belongs to the frames now; what is printed goes to stderr
	}
	for reader := bufio.NewReader(input); ; {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			os.Exit(0) // the channel ended: nobody waits for the calls that still run
		}
		var f frame
		err = json.Unmarshal(line, &f)
		for _, length := range f.Bytes {
			f.attachments = append(f.attachments, make([]byte, length))
			io.ReadFull(reader, f.attachments[len(f.attachments)-1])
		}
		if err == nil && utf8.Valid(line) {
			receive(f)
		} else {
			fmt.Fprintf(os.Stderr, "not understood: %.80q (%v)\n", line, err)
		}
	}
}

// send writes one frame: []byte values of a result travel as attachments after the line.
// (A key "$bytes" of the result's own would have to be written "$$bytes".)
func send(message object) error {
	var lengths []int
	var attachments []byte
	result, _ := message["result"].(object)
	for key, value := range result {
		if bytes, ok := value.([]byte); ok {
			result[key] = object{"$bytes": len(lengths)}
			lengths, attachments = append(lengths, len(bytes)), append(attachments, bytes...)
			message["bytes"] = lengths
		}
	}
	line, err := json.Marshal(message)
	whole := append(append(line, '\n'), attachments...)
	if err == nil && len(whole) > limit {
		err = failure{-32000, "TOO_LARGE", fmt.Sprintf("the answer has %d bytes, allowed are %d", len(whole), limit), false}
	}
	if err == nil {
		writing.Lock()
		defer writing.Unlock()
		_, err = output.Write(whole)
	}
	return err
}
