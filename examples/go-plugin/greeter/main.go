// A plugin of HashiCorp's go-plugin, for ../host.ts and any other host that greets. The two methods are what is generated
// from a .proto; here they are written by hand, so that there is nothing to generate.
package main

import (
	"context"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func main() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 1, MagicCookieKey: "GREETER_PLUGIN", MagicCookieValue: "c0ffee",
		},
		Plugins:    plugin.PluginSet{"greeter": &greeter{}},
		GRPCServer: plugin.DefaultGRPCServer,
	})
}

type greeter struct{ plugin.Plugin }

func (*greeter) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil // only a host needs it
}

func (g *greeter) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "greeter.v1.Greeter",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Greet", Handler: greet}},
		Streams:     []grpc.StreamDesc{{StreamName: "Spell", Handler: spell, ServerStreams: true}},
	}, g)
	return nil
}

func greet(_ any, ctx context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var name wrapperspb.StringValue
	if err := read(&name); err != nil {
		return nil, err
	}
	hclog.Default().Info("greeting", "name", name.Value)
	if name.Value == "" {
		return nil, status.Error(codes.InvalidArgument, "nobody to greet")
	}
	return wrapperspb.String("Hello, " + name.Value + "!"), nil
}

func spell(_ any, stream grpc.ServerStream) error {
	var name wrapperspb.StringValue
	if err := stream.RecvMsg(&name); err != nil {
		return err
	}
	for _, letter := range name.Value {
		if err := stream.SendMsg(wrapperspb.String(string(letter))); err != nil {
			return err
		}
	}
	return nil
}
