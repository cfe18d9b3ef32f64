// A program that is extended by plugins of HashiCorp's go-plugin, and runs one that is written in TypeScript:
//
//	greet Ada node plugin.js
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name string, program []string) error {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 1, MagicCookieKey: "GREETER_PLUGIN", MagicCookieValue: "c0ffee",
		},
		Plugins:          plugin.PluginSet{"greeter": &greeter{}},
		Cmd:              exec.Command(program[0], program[1:]...),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SyncStdout:       os.Stdout,
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Info, Output: os.Stderr}),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return err
	}
	raw, err := protocol.Dispense("greeter")
	if err != nil {
		return err
	}
	greeting, err := raw.(*greeter).Greet(context.Background(), name)
	if err != nil {
		return err
	}
	fmt.Println(greeting)
	return raw.(*greeter).Spell(context.Background(), name)
}

// greeter is the plugin as this program sees it.
type greeter struct {
	plugin.Plugin
	conn *grpc.ClientConn
}

func (*greeter) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this program only runs plugins")
}

func (*greeter) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return &greeter{conn: conn}, nil
}

// Greet asks for a greeting. The generated client of a .proto makes this call.
func (g *greeter) Greet(ctx context.Context, name string) (string, error) {
	var answer wrapperspb.StringValue
	err := g.conn.Invoke(ctx, "/greeter.v1.Greeter/Greet", wrapperspb.String(name), &answer)
	return answer.Value, err
}

// Spell prints the letters that the plugin streams.
func (g *greeter) Spell(ctx context.Context, name string) error {
	stream, err := g.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/greeter.v1.Greeter/Spell")
	if err == nil {
		err = stream.SendMsg(wrapperspb.String(name))
	}
	if err == nil {
		err = stream.CloseSend()
	}
	for err == nil {
		var letter wrapperspb.StringValue
		if err = stream.RecvMsg(&letter); err == nil {
			fmt.Println(letter.Value)
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}
