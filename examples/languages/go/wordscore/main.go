// Wordscore is a plugboard plugin in plain Go that counts unwanted words. It takes {"text": string} or {"raw": bytes},
// with "mark": true if it likes, and answers {"score": number, "hits": [string]}, with mark also {"marked": bytes}.
package main

import (
	"bufio"
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
	ID     json.RawMessage
	Method string
	Params struct {
		ID, Config json.RawMessage
		Hook       string
		Limits     struct{ MaxFrameBytes int }
		Request    struct{ Text, Raw, Mark any }
	}
	Bytes       []int // the lengths of the attachments, which follow the line
	attachments [][]byte
}

var (
	channel = os.NewFile(3, "channel")
	awaited sync.Map // the ids of the messages whose answers somebody waits for
	word    = regexp.MustCompile(`[\pL\pN]+`)
	words   []string
	limit   int
)

func failure(number int, code, text string) object {
	return object{"error": object{"code": number, "message": text, "data": object{"code": code}}}
}

// execute answers a call. {"$bytes": 0} in a request or an answer stands for the first attachment.
func execute(m *message) (answer object, attachment []byte) {
	text, ok := m.Params.Request.Text.(string)
	if raw, sent := m.Params.Request.Raw.(object); sent {
		text, ok = string(m.attachments[int(raw["$bytes"].(float64))]), true
	}
	if !ok {
		return failure(-32000, "BAD_REQUEST", `send {"text": string} or {"raw": bytes}`), nil
	}
	hits := []string{}
	marked := word.ReplaceAllStringFunc(text, func(found string) string {
		_, isAwaited := awaited.Load(string(m.ID))
		if lower := strings.ToLower(found); isAwaited && slices.Contains(words, lower) {
			hits = append(hits, lower)
			return strings.ToUpper(found)
		}
		return found
	})
	slices.Sort(hits)
	answer = object{"score": len(hits), "hits": slices.Compact(hits)}
	if m.Params.Request.Mark == true {
		answer["marked"], attachment = object{"$bytes": 0}, []byte(marked)
	}
	return object{"result": answer}, attachment
}

// handle answers a message. A panic in here is the answer to this message, and harms no other.
func handle(m *message) (answer object, attachment []byte) {
	defer func() {
		if problem := recover(); problem != nil {
			answer = failure(-32000, "PLUGIN_1203", fmt.Sprint("panic: ", problem))
		}
	}()
	switch {
	case m.Method == "plugin.initialize" || m.Method == "plugin.configure":
		limit = max(limit, m.Params.Limits.MaxFrameBytes)
		wanted := struct{ Words []string }{[]string{"free", "urgent", "winner"}}
		if m.Params.Config != nil && json.Unmarshal(m.Params.Config, &wanted) != nil {
			return failure(-32602, "BAD_CONFIG", "config.words must be a list of strings"), nil
		}
		words = strings.Fields(strings.ToLower(strings.Join(wanted.Words, " ")))
		info := object{"name": "word-score", "version": "1.0.0", "description": "counts unwanted words"}
		welcome := object{"protocolVersion": 1, "info": info, "hooks": []string{"execute"}, "attachments": true}
		return object{"result": welcome}, nil
	case m.Method == "plugin.call" && m.Params.Hook == "execute":
		return execute(m)
	case m.Method == "plugin.shutdown": // all calls before it are answered; then the host closes the channel
		return object{"result": object{}}, nil
	}
	return failure(-32601, "PLUGIN_1211", "this plugin answers 'execute' and nothing else"), nil
}

// frame is an answer as it travels: a line, behind it the bytes that {"$bytes": 0} stands for in it.
func frame(m *message, answer object, attachment []byte) []byte {
	answer["jsonrpc"], answer["id"], answer["bytes"] = "2.0", m.ID, []int{len(attachment)}
	line, _ := json.Marshal(answer)
	return append(append(line, '\n'), attachment...)
}

func main() {
	if os.Getenv("PLUGBOARD_MAGIC_COOKIE") != "plugboard-v1-5f1d7a3c" || os.Getenv("PLUGBOARD_CHANNEL") != "fd:3" {
		log.Fatal("wordscore is a plugboard plugin. In a host: .withPlugin('score', subprocess('./wordscore'))")
	}
	work := make(chan *message, 1000) // when it is full the reader waits
	go func() {
		for m := range work {
			answer, attachment := handle(m)
			whole := frame(m, answer, attachment)
			if len(whole) > limit {
				whole = frame(m, failure(-32000, "TOO_LARGE", fmt.Sprint("the answer has ", len(whole), " bytes")), nil)
			}
			if _, isAwaited := awaited.LoadAndDelete(string(m.ID)); isAwaited {
				channel.Write(whole)
			}
		}
	}()
	reader := bufio.NewReader(channel) // it ends when the host does
	for line, err := reader.ReadBytes('\n'); err == nil; line, err = reader.ReadBytes('\n') {
		m := &message{}
		json.Unmarshal(line, m) // what is no JSON, or of another kind, is left empty
		for _, length := range m.Bytes {
			attachment, _ := io.ReadAll(io.LimitReader(reader, int64(length)))
			m.attachments = append(m.attachments, attachment)
		}
		if m.Method == "plugin.cancel" {
			awaited.Delete(string(m.Params.ID))
		} else if m.Method == "plugin.health" {
			channel.Write(frame(m, object{"result": object{"status": "healthy"}}, nil))
		} else if m.ID != nil { // what only tells and is not known is dropped
			awaited.Store(string(m.ID), true)
			work <- m
		}
	}
}
