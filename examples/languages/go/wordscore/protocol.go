package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

type object = map[string]any

// A failure is an error that reaches the caller with a code of the plugin's own.
type failure struct {
	number        int // -32000, or what JSON-RPC has a number for
	code, message string
	retryable     bool
}

func (f failure) Error() string { return f.message }

var (
	unknown = failure{-32601, "PLUGIN_1211", "this plugin answers the hook 'execute' and nothing else", false}
	running sync.Map                    // call id -> context.CancelFunc
	room    = make(chan struct{}, 1000) // a host that asks faster than this works has to wait
)

func receive(f frame) {
	switch f.Method {
	case "plugin.initialize":
		limit = f.Params.Limits.MaxFrameBytes
		welcome := object{"protocolVersion": 1, "info": info, "hooks": []string{"execute"}, "attachments": true}
		answer(f.ID, welcome, configure(f.Params.Config))
	case "plugin.call":
		ctx, cancel := context.WithCancel(context.Background())
		running.Store(string(f.ID), cancel)
		room <- struct{}{}
		go call(ctx, f)
	case "plugin.cancel":
		if cancel, known := running.Load(string(f.Params.ID)); known {
			cancel.(context.CancelFunc)()
		}
	case "plugin.configure":
		answer(f.ID, object{}, configure(f.Params.Config))
	case "plugin.health":
		answer(f.ID, object{"status": "healthy"}, nil)
	case "plugin.shutdown":
		go shutdown(f.ID) // beside the reader, which goes on to hear of cancelled calls
	case "": // an answer, and this plugin asks nothing
	default:
		answer(f.ID, nil, unknown)
	}
}

func call(ctx context.Context, f frame) {
	var result object
	var err error = unknown
	defer func() {
		if bug := recover(); bug != nil { // it costs one call, not the plugin
			err = fmt.Errorf("%v", bug)
		}
		if ctx.Err() == nil { // or the caller gave up, and nobody waits for an answer
			answer(f.ID, result, err)
		}
		running.Delete(string(f.ID))
		<-room
	}()
	if f.Params.Hook == "execute" {
		result, err = execute(ctx, f.Params.Request, f.attachments)
	}
}

func shutdown(id json.RawMessage) {
	for i := 0; i < cap(room); i++ {
		room <- struct{}{} // all of it is taken when no call runs
	}
	answer(id, object{}, nil)
	os.Exit(0)
}

func answer(id json.RawMessage, result object, err error) {
	if id == nil {
		return // nobody waits for the answer to a notification
	}
	if err == nil {
		err = send(object{"jsonrpc": "2.0", "id": id, "result": result})
	}
	if err != nil {
		told := failure{-32000, "PLUGIN_1203", err.Error(), false}
		errors.As(err, &told)
		data := object{"code": told.code, "retryable": told.retryable}
		send(object{"jsonrpc": "2.0", "id": id, "error": object{"code": told.number, "message": told.message, "data": data}})
	}
}
