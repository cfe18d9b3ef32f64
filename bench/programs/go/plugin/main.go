// A plugin of go-plugin that answers bytes with themselves.
package main

import (
	"context"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func main() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: "ECHO_PLUGIN", MagicCookieValue: "echo"},
		VersionedPlugins: map[int]plugin.PluginSet{1: {"echo": &echo{}}},
		GRPCServer:       plugin.DefaultGRPCServer,
		Logger:           hclog.NewNullLogger(),
	})
}

type echo struct{ plugin.Plugin }

func (*echo) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func (e *echo) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	methods := []grpc.MethodDesc{{MethodName: "Call", Handler: call}}
	server.RegisterService(&grpc.ServiceDesc{ServiceName: "bench.Echo", HandlerType: (*any)(nil), Methods: methods}, e)
	return nil
}

func call(_ any, _ context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var request wrapperspb.BytesValue
	err := read(&request)
	return &request, err
}
