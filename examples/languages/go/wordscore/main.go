// Wordscore is a plugboard plugin in plain Go that counts unwanted words. It takes {"text": string} or {"raw": bytes},
// with "mark": true if it likes, and answers {"score": number, "hits": [string]}, with mark also {"marked": bytes}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

type object = map[string]any

type message struct {
	Bytes  []int // the lengths of the attachments, which follow the line
	ID     json.RawMessage
	Method string
	Params map[string]json.RawMessage
}

var (
	word    = regexp.MustCompile(`[\pL\pN]+`)
	words   atomic.Value // " free urgent winner ", replaced while calls read it
	limits  struct{ MaxFrameBytes int }
	running sync.Map // id -> context.CancelFunc
	calls   sync.WaitGroup
	output  = os.Stdout
	writing sync.Mutex
)

func fail(number int, code, text string) object {
	return object{"error": object{"code": number, "message": text, "data": object{"code": code, "retryable": false}}}
}

func configure(raw json.RawMessage, answer object) object {
	config := struct{ Words []string }{[]string{"free", "urgent", "winner"}}
	if raw != nil && json.Unmarshal(raw, &config) != nil {
		return fail(-32602, "BAD_CONFIG", "config.words must be a list of strings")
	}
	words.Store(" " + strings.ToLower(strings.Join(config.Words, " ")) + " ")
	return object{"result": answer}
}

// execute answers a call. {"$bytes": 0} in a request or an answer stands for the first attachment.
func execute(ctx context.Context, request json.RawMessage, attachments [][]byte) (answer object, attachment []byte) {
	var asked object
	json.Unmarshal(request, &asked) // what is no object has no text
	text, ok := asked["text"].(string)
	raw, _ := asked["raw"].(object)
	if index, sent := raw["$bytes"].(float64); sent {
		text, ok = string(attachments[int(index)]), true
	}
	if !ok {
		return fail(-32000, "BAD_REQUEST", `send {"text": string} or {"raw": bytes}`), nil
	}
	wanted, score, hits, seen := words.Load().(string), 0, []string{}, map[string]bool{}
	marked := word.ReplaceAllStringFunc(text, func(found string) string {
		lower := strings.ToLower(found)
		if ctx.Err() != nil {
			runtime.Goexit() // the caller gave up: nobody waits for an answer
		} else if !strings.Contains(wanted, " "+lower+" ") {
			return found
		} else if !seen[lower] {
			hits = append(hits, lower)
		}
		score, seen[lower] = score+1, true
		return strings.ToUpper(found)
	})
	if asked["mark"] == true {
		return object{"result": object{"score": score, "hits": hits, "marked": object{"$bytes": 0}}}, []byte(marked)
	}
	return object{"result": object{"score": score, "hits": hits}}, nil
}

// handle answers one message, beside the reader, which goes on to hear of other calls and of cancelled ones.
func handle(ctx context.Context, m message, attachments [][]byte) {
	defer func() { running.Delete(string(m.ID)); calls.Done() }()
	answer, attachment := fail(-32601, "PLUGIN_1211", "this plugin answers 'execute' and nothing else"), []byte(nil)
	switch {
	case m.Method == "plugin.initialize":
		json.Unmarshal(m.Params["limits"], &limits)
		info := object{"name": "word-score", "version": "1.0.0", "description": "counts unwanted words"}
		welcome := object{"protocolVersion": 1, "info": info, "hooks": []string{"execute"}, "attachments": true}
		answer = configure(m.Params["config"], welcome)
	case m.Method == "plugin.configure":
		answer = configure(m.Params["config"], object{})
	case m.Method == "plugin.health":
		answer = object{"result": object{"status": "healthy"}}
	case m.Method == "plugin.call" && string(m.Params["hook"]) == `"execute"`:
		answer, attachment = execute(ctx, m.Params["request"], attachments)
	case m.Method == "plugin.shutdown":
		calls.Done() // this one itself ends with the process
		calls.Wait()
		answer = object{"result": object{}}
		defer os.Exit(0)
	}
	send(m.ID, answer, attachment)
}

func send(id json.RawMessage, answer object, attachment []byte) {
	answer["jsonrpc"], answer["bytes"], answer["id"] = "2.0", []int{len(attachment)}, id
	line, err := json.Marshal(answer)
	if size := len(line) + len(attachment); answer["error"] == nil && (err != nil || size > limits.MaxFrameBytes) {
		send(id, fail(-32000, "TOO_LARGE", fmt.Sprint("an answer of ", size, " bytes cannot be sent: ", err)), nil)
		return
	}
	writing.Lock()
	defer writing.Unlock()
	output.Write(append(append(line, '\n'), attachment...))
}

func main() {
	if os.Getenv("PLUGBOARD_MAGIC_COOKIE") != "plugboard-v1-5f1d7a3c" {
		log.Fatal("wordscore is a plugboard plugin. In a host: .withPlugin('score', subprocess('./wordscore'))")
	}
	input, descriptor := os.Stdin, 0
	if n, _ := fmt.Sscanf(os.Getenv("PLUGBOARD_CHANNEL"), "fd:%d", &descriptor); n == 1 {
		input = os.NewFile(uintptr(descriptor), "channel")
		output = input
		go func() { io.Copy(io.Discard, os.Stdin); os.Exit(0) }() // stdin ends when the host dies, however it dies
	}
	os.Stdout = os.Stderr            // what is printed is the log, and must not stand between frames
	reader := bufio.NewReader(input) // when it ends, nobody waits for the calls that still run
	for line, err := reader.ReadBytes('\n'); err == nil; line, err = reader.ReadBytes('\n') {
		var m message
		json.Unmarshal(line, &m) // a line that is no JSON leaves m empty, and nothing happens
		attachments := make([][]byte, len(m.Bytes))
		for i, length := range m.Bytes {
			attachments[i] = make([]byte, length)
			io.ReadFull(reader, attachments[i])
		}
		if cancel, known := running.Load(string(m.Params["id"])); known && m.Method == "plugin.cancel" {
			cancel.(context.CancelFunc)()
		} else if m.ID != nil { // what only tells and is not known is dropped
			ctx, cancel := context.WithCancel(context.Background())
			running.Store(string(m.ID), cancel)
			calls.Add(1)
			go handle(ctx, m, attachments)
		}
	}
}
