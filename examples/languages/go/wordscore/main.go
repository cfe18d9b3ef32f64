// Wordscore is a plugboard plugin in plain Go: it counts unwanted words. `execute` takes {"text": string} or
// {"raw": bytes} and answers {"score": number, "hits": [string]}, and if asked with "mark": true also
// {"marked": bytes}: the text with its hits in capitals. The host's config is {"words": [string]}.
//
// This file is what the plugin does. The other two are how it talks: copy them beside a plugin of your own.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
)

var (
	info  = object{"name": "word-score", "version": "1.0.0", "description": "counts unwanted words"}
	word  = regexp.MustCompile(`[\pL\pN]+`)
	words atomic.Value // map[string]bool, replaced while calls read it
)

func configure(raw json.RawMessage) error {
	config := struct{ Words []string }{[]string{"free", "urgent", "winner"}}
	if raw != nil && json.Unmarshal(raw, &config) != nil {
		return failure{-32602, "BAD_CONFIG", "config.words must be a list of strings", false}
	}
	wanted := map[string]bool{}
	for _, word := range config.Words {
		wanted[strings.ToLower(word)] = true
	}
	words.Store(wanted)
	fmt.Printf("looking for %d words\n", len(wanted)) // what is printed is a line of the host's log
	return nil
}

func execute(ctx context.Context, request json.RawMessage, attachments [][]byte) (object, error) {
	var asked struct {
		Text *string
		Raw  *struct { // an attachment: {"$bytes": 0} stands for the first
			Index int `json:"$bytes"`
		}
		Mark bool
	}
	err := json.Unmarshal(request, &asked)
	if err == nil && asked.Raw != nil {
		text := string(attachments[asked.Raw.Index])
		asked.Text = &text
	}
	if err != nil || asked.Text == nil {
		return nil, failure{-32000, "BAD_REQUEST", `send {"text": string} or {"raw": bytes}`, false}
	}
	wanted, score, hits, seen := words.Load().(map[string]bool), 0, []string{}, map[string]bool{}
	marked := word.ReplaceAllStringFunc(*asked.Text, func(found string) string {
		if ctx.Err() != nil {
			panic(ctx.Err()) // the caller gave up: end the work, nobody waits for an answer
		}
		lower := strings.ToLower(found)
		if !wanted[lower] {
			return found
		}
		if !seen[lower] {
			hits = append(hits, lower)
		}
		score, seen[lower] = score+1, true
		return strings.ToUpper(found)
	})
	answer := object{"score": score, "hits": hits}
	if asked.Mark {
		answer["marked"] = []byte(marked)
	}
	return answer, nil
}

func main() { serve() }
