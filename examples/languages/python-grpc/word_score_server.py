#!/usr/bin/env python3
"""A plugboard plugin behind a gRPC server, in Python with grpcio and grpcio-tools: it counts unwanted words.

Run it with the path of plugboard.proto, and a port if it is not to be any: word_score_server.py plugboard.proto 9090
It prints where it listens. It takes {"text": string} and answers {"score": number, "hits": [string]}; the host's
config is {"words": [string]}.
"""
import json, os, re, signal, sys
from concurrent import futures

import grpc

WORD = re.compile(r"[^\W_]+")
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[1])))
messages, services = grpc.protos_and_services(os.path.basename(sys.argv[1]))


class WordScore(services.PluginServicer):
    words = frozenset(["free", "urgent", "winner"])

    def Info(self, request, context):
        return messages.InfoResponse(protocol_version=1, name="word-score", version="1.0.0", hooks=["execute"])

    def Configure(self, request, context):
        words = (json.loads(request.config_json or b"{}") or {}).get("words", list(self.words))
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            fail(context, "BAD_CONFIG", "config.words must be a list of strings")
        self.words = frozenset(word.lower() for word in words)
        return messages.ConfigureResponse()

    def Execute(self, request, context):
        asked = json.loads(request.request.json or b"null")
        text = asked.get("text") if isinstance(asked, dict) else None
        if request.hook != "execute":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "this plugin answers the hook 'execute' and nothing else")
        if not isinstance(text, str):
            fail(context, "BAD_REQUEST", 'send {"text": string}')
        found = []
        for word in WORD.findall(text):
            if not context.is_active():  # the caller gave up, or its time is over
                break
            if word.lower() in self.words:
                found.append(word.lower())
        answer = json.dumps({"score": len(found), "hits": list(dict.fromkeys(found))})
        return messages.ExecuteResponse(response=messages.Payload(json=answer.encode()))


def fail(context, code, message):
    """Ends a call with a code of this plugin's own; the caller sees both."""
    context.set_trailing_metadata((("plugboard-code", code),))
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)


if __name__ == "__main__":
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", -1)])
    services.add_PluginServicer_to_server(WordScore(), server)
    port = server.add_insecure_port("127.0.0.1:%s" % (sys.argv[2] if len(sys.argv) > 2 else 0))
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: server.stop(grace=5))
    print("127.0.0.1:%d" % port, flush=True)
    server.wait_for_termination()
