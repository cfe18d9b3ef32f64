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
	"slices"
	"strings"
	"sync"
)

type object = map[string]any

type message struct {
	ID          json.RawMessage
	Method      string
	Params      map[string]json.RawMessage
	Bytes       []int // the lengths of the attachments, which follow the line
	attachments [][]byte
	ctx         context.Context // done when nobody waits for the answer
}

var (
	channel = os.NewFile(3, "channel")
	work    = make(chan message, 1000) // done one by one; when it is full the reader waits
	running sync.Map                   // the id of a message in work -> its context.CancelFunc
	word    = regexp.MustCompile(`[\pL\pN]+`)
	words   []string
)

func failure(number int, code, text string) object {
	return object{"error": object{"code": number, "message": text, "data": object{"code": code}}}
}

func configure(config json.RawMessage, answer object) object {
	wanted := struct{ Words []string }{[]string{"free", "urgent", "winner"}}
	if config != nil && json.Unmarshal(config, &wanted) != nil {
		return failure(-32602, "BAD_CONFIG", "config.words must be a list of strings")
	}
	words = strings.Fields(strings.ToLower(strings.Join(wanted.Words, " ")))
	return object{"result": answer}
}

// execute answers a call. {"$bytes": 0} in a request or an answer stands for the first attachment.
func execute(m message) (object, []byte) {
	var asked struct{ Text, Raw, Mark any }
	json.Unmarshal(m.Params["request"], &asked) // what is no object has no text
	text, ok := asked.Text.(string)
	if raw, sent := asked.Raw.(object); sent {
		text, ok = string(m.attachments[int(raw["$bytes"].(float64))]), true
	}
	if !ok {
		return failure(-32000, "BAD_REQUEST", `send {"text": string} or {"raw": bytes}`), nil
	}
	hits := []string{}
	marked := word.ReplaceAllStringFunc(text, func(found string) string {
		lower := strings.ToLower(found)
		if m.ctx.Err() != nil || !slices.Contains(words, lower) {
			return found
		}
		hits = append(hits, lower)
		return strings.ToUpper(found)
	})
	slices.Sort(hits)
	answer := object{"score": len(hits), "hits": slices.Compact(hits)}
	if asked.Mark != true {
		return object{"result": answer}, nil
	}
	answer["marked"] = object{"$bytes": 0}
	return object{"result": answer}, []byte(marked)
}

// handle answers a message. A panic in here is the answer to this message, and harms no other.
func handle(m message) (answer object, attachment []byte) {
	defer func() {
		if problem := recover(); problem != nil {
			answer = failure(-32000, "PLUGIN_1203", fmt.Sprint("panic: ", problem))
		}
	}()
	switch {
	case m.Method == "plugin.initialize":
		info := object{"name": "word-score", "version": "1.0.0", "description": "counts unwanted words"}
		welcome := object{"protocolVersion": 1, "info": info, "hooks": []string{"execute"}, "attachments": true}
		return configure(m.Params["config"], welcome), nil
	case m.Method == "plugin.configure":
		return configure(m.Params["config"], object{}), nil
	case m.Method == "plugin.call" && string(m.Params["hook"]) == `"execute"`:
		return execute(m)
	case m.Method == "plugin.shutdown": // all calls before it are answered; then the host closes the channel
		return object{"result": object{}}, nil
	}
	return failure(-32601, "PLUGIN_1211", "this plugin answers 'execute' and nothing else"), nil
}

func send(id json.RawMessage, answer object, attachment []byte) {
	answer["jsonrpc"], answer["id"], answer["bytes"] = "2.0", id, []int{len(attachment)}
	line, _ := json.Marshal(answer)
	channel.Write(append(append(line, '\n'), attachment...))
}

func main() {
	if os.Getenv("PLUGBOARD_MAGIC_COOKIE") != "plugboard-v1-5f1d7a3c" || os.Getenv("PLUGBOARD_CHANNEL") != "fd:3" {
		log.Fatal("wordscore is a plugboard plugin. In a host: .withPlugin('score', subprocess('./wordscore'))")
	}
	go func() {
		for m := range work {
			answer, attachment := handle(m)
			running.Delete(string(m.ID))
			if m.ctx.Err() == nil {
				send(m.ID, answer, attachment)
			}
		}
	}()
	reader := bufio.NewReader(channel) // it ends when the host does
	for line, err := reader.ReadBytes('\n'); err == nil; line, err = reader.ReadBytes('\n') {
		var m message
		json.Unmarshal(line, &m) // a line that is no JSON leaves m empty, and nothing happens
		for _, length := range m.Bytes {
			attachment := make([]byte, length)
			io.ReadFull(reader, attachment)
			m.attachments = append(m.attachments, attachment)
		}
		if cancel, known := running.Load(string(m.Params["id"])); known && m.Method == "plugin.cancel" {
			cancel.(context.CancelFunc)()
		} else if m.Method == "plugin.health" {
			send(m.ID, object{"result": object{"status": "healthy"}}, nil)
		} else if m.ID != nil { // what only tells and is not known is dropped
			ctx, cancel := context.WithCancel(context.Background())
			running.Store(string(m.ID), cancel)
			m.ctx = ctx
			work <- m
		}
	}
}
