// A host of go-plugin: `host <plugin>` starts the plugin, and does what each line of stdin says, as far as to print a
// line when it is done. "call <calls> <width> <bytes>" calls so often, with so many calls under way and so many bytes in
// each; "start <times>" starts and stops another such plugin.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func main() {
	conn, stop := start(os.Args[1])
	defer stop()
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var what string
		var count, width, size int
		fmt.Sscan(lines.Text(), &what, &count, &width, &size)
		if what == "call" {
			callAll(conn, int64(count), width, make([]byte, size))
		} else {
			for range count {
				_, stop := start(os.Args[1])
				stop()
			}
		}
		fmt.Println("done")
	}
}

func start(program string) (*grpc.ClientConn, func()) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: "ECHO_PLUGIN", MagicCookieValue: "echo"},
		VersionedPlugins: map[int]plugin.PluginSet{1: {"echo": &echo{}}},
		Cmd:              exec.Command(program),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		Logger:           hclog.NewNullLogger(),
	})
	protocol, err := client.Client()
	check(err)
	conn, err := protocol.Dispense("echo")
	check(err)
	return conn.(*grpc.ClientConn), client.Kill
}

func callAll(conn *grpc.ClientConn, left int64, width int, bytes []byte) {
	var lanes sync.WaitGroup
	for range width {
		lanes.Add(1)
		go func() {
			defer lanes.Done()
			for atomic.AddInt64(&left, -1) >= 0 {
				var answer wrapperspb.BytesValue
				check(conn.Invoke(context.Background(), "/bench.Echo/Call", wrapperspb.Bytes(bytes), &answer))
			}
		}()
	}
	lanes.Wait()
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

type echo struct{ plugin.Plugin }

func (*echo) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (*echo) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}
